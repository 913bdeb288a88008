import { describe, expect, test } from 'vitest';
import { DepthMap, type Triangles } from '../../src/viewer/DepthMap';
import { withoutSlits } from '../../src/viewer/trimming';

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
  const seen = new Uint32Array(2);
  map.draw(front);
  map.draw(shape);
  map.note(shape, 0.01, seen);
  return [...seen].map(Math.sign);
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
    const seen = new Uint32Array(1);
    map.draw(square(2));
    map.note({ points, index: [0, 1, 2], cover: null }, 0.01, seen);
    expect([...seen]).toEqual([1]);
  });

  test('it adds up the pixels that are seen', () => {
    const map = new DepthMap(16);
    const seen = new Uint32Array(2);
    map.draw(square(1, 4));
    map.draw(square(2));
    map.note(square(2), 0.01, seen);
    const [first = 0, second = 0] = seen;
    const outside = 16 * 16 - 8 * 8;
    expect(first + second).toBeGreaterThanOrEqual(outside);
    expect(first + second).toBeLessThanOrEqual(outside + 8); // pixels of the diagonal count for both
    map.note(square(2), 0.01, seen);
    expect([...seen]).toEqual([2 * first, 2 * second]);
  });

  test('it forgets', () => {
    const map = new DepthMap(16);
    const seen = new Uint32Array(2);
    map.draw(square(1));
    map.clear();
    map.note(square(2), 0.01, seen);
    expect([...seen].map(Math.sign)).toEqual([1, 1]);
  });
});

describe('the plain look of hair', () => {
  test('it leaves out what only shows in slits, the least first', () => {
    expect([...withoutSlits(Uint32Array.of(40, 2, 0, 57, 1, 100))]).toEqual([0, 3, 5]);
    expect([...withoutSlits(Uint32Array.of(50, 50))]).toEqual([0, 1]);
  });
});
