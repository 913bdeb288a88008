import { describe, expect, it } from 'vitest';
import { decodeFace, type FaceFrame, IdleFace } from '../../src/face';
import golden from './golden.json';

const TOLERANCE = 1e-4;

function channels({ weights, head, gaze }: FaceFrame): number[] {
  return [...weights, ...head, ...gaze];
}

function furthest(seen: readonly number[], expected: readonly number[]): number {
  expect(seen.length).toBe(expected.length);
  return Math.max(...seen.map((value, i) => Math.abs(value - (expected[i] ?? Number.NaN))));
}

function bytes(hex: string): Uint8Array {
  return Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));
}

describe('the idle face', () => {
  it.each(golden.idle)(
    'moves as the server says: seed $seed, $emotions',
    ({ seed, emotions, times_ms, frames }) => {
      const face = new IdleFace(seed);
      for (const [name, intensity, at] of emotions) face.setEmotion(String(name), Number(intensity), Number(at));
      times_ms.forEach((at, i) => {
        expect(furthest(channels(face.frame(at)), frames[i] ?? [])).toBeLessThan(TOLERANCE);
      });
    },
  );
});

describe('a payload', () => {
  it.each(golden.payloads)('decodes as the server says: $fps fps', ({ hex, fps, frames }) => {
    const decoded = decodeFace(bytes(hex));
    expect(decoded.fps).toBe(fps);
    expect(Math.ceil(decoded.frames.length / 5)).toBe(frames.length);
    frames.forEach((frame, i) => {
      const seen = decoded.frames[5 * i];
      expect(seen && furthest(channels(seen), frame)).toBeLessThan(TOLERANCE);
    });
  });
});
