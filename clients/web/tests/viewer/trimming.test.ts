import { describe, expect, test } from 'vitest';
import { DepthMap, type Triangles } from '../../src/viewer/DepthMap';

/** A square of two triangles over all of a map of 16 pixels, `depth` away; `inset` pixels smaller on all sides. */
function square(depth: number, inset = 0, alpha?: number): Triangles {
  const [low, high] = [inset, 15 - inset];
  const corners = [
    [low, low],
    [high, low],
    [high, high],
    [low, high],
  ];
  const cover =
    alpha === undefined ? null : { uv: new Float32Array(8), alphaAt: () => alpha, hides: 0.6, shows: 0.2 };
  return { points: new Float32Array(corners.flatMap((at) => [...at, depth])), index: [0, 1, 2, 0, 2, 3], cover };
}

function seenBehind(front: Triangles, shape: Triangles): number[] {
  const map = new DepthMap(16);
  const seen = new Uint8Array(2);
  map.draw(front);
  map.draw(shape);
  map.note(shape, 0.01, seen);
  return [...seen];
}

describe('what can be seen', () => {
  test('it hides what lies behind', () => {
    expect(seenBehind(square(1), square(2))).toEqual([0, 0]);
    expect(seenBehind(square(2), square(1))).toEqual([1, 1]);
  });

  test('it shows what looks out at an edge', () => {
    expect(seenBehind(square(1, 3), square(2))).toEqual([1, 1]);
  });

  test('it looks through what is thin, and passes over what is thinner', () => {
    expect(seenBehind(square(1, 0, 0.5), square(2))).toEqual([1, 1]);
    expect(seenBehind(square(1, 0, 0.7), square(2))).toEqual([0, 0]);
    expect(seenBehind(square(2), square(1, 0, 0.1))).toEqual([0, 0]);
  });

  test('a triangle between pixels counts at its middle', () => {
    const points = new Float32Array([4.2, 4.2, 1, 4.4, 4.2, 1, 4.3, 4.4, 1]);
    const map = new DepthMap(16);
    const seen = new Uint8Array(1);
    map.draw(square(2));
    map.note({ points, index: [0, 1, 2], cover: null }, 0.01, seen);
    expect([...seen]).toEqual([1]);
  });

  test('it forgets', () => {
    const map = new DepthMap(16);
    const seen = new Uint8Array(2);
    map.draw(square(1));
    map.clear();
    map.note(square(2), 0.01, seen);
    expect([...seen]).toEqual([1, 1]);
  });
});
