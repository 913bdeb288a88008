import { describe, expect, it } from 'vitest';
import { CHANNELS, decodeFace, FaceCodecError } from '../../src/face';
import golden from './golden.json';

const PAYLOADS = golden.payloads.map(({ hex }) =>
  Uint8Array.from(hex.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16)),
);

function payload(...parts: readonly (number | readonly number[])[]): Uint8Array {
  return Uint8Array.from(parts.flat());
}

/** Numbers below `limit`, the same in every run. */
function random(seed: number): (limit: number) => number {
  let state = seed;
  return (limit) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 4294967296) * limit);
  };
}

describe('decodeFace', () => {
  it.each([
    ['nothing', payload(), 'header'],
    ['half a header', payload(30, 1, 57), 'header'],
    ['no frame rate', payload(0, 0, 57, 0), 'fps'],
    ['another number of channels', payload(30, 0, 56, 0), 'channels'],
    ['an unknown flag', payload(30, 0, 57, 4), 'flags'],
    ['a key frame that is too short', payload(30, 1, 57, 0, Array(56).fill(0)), 'middle of a frame'],
    ['a delta without its mask', payload(30, 2, 57, 0, Array(57).fill(0), 1), 'middle of a frame'],
    ['a delta without its value', payload(30, 2, 57, 0, Array(57).fill(0), 1, 1), 'middle of a frame'],
    ['an empty mask', payload(30, 2, 57, 0, Array(57).fill(0), 1, 0), 'without a channel'],
    ['a channel that is not there', payload(30, 2, 57, 0, Array(57).fill(0), 0x80, 2, 7), 'Channel 57 of 57'],
    ['a channel that is not sent', payload(30, 2, 57, 3, Array(35).fill(0), 0x10, 8, 7), 'Channel 35 of 35'],
    ['more than its frames', payload(30, 0, 57, 0, 0), 'after the last frame'],
  ])('refuses %s', (_, bytes, message) => {
    expect(() => decodeFace(bytes)).toThrow(FaceCodecError);
    expect(() => decodeFace(bytes)).toThrow(message);
  });

  it('reads a view into a larger buffer, and nothing beside it', () => {
    for (const bytes of PAYLOADS) {
      const larger = new Uint8Array(bytes.length + 32).fill(255);
      larger.set(bytes, 16);
      const expected = decodeFace(bytes);
      expect(decodeFace(new DataView(larger.buffer, 16, bytes.length))).toEqual(expected);
      expect(decodeFace(larger.subarray(16, 16 + bytes.length))).toEqual(expected);
      expect(() => decodeFace(new DataView(larger.buffer, 16, bytes.length + 1))).toThrow(FaceCodecError);
    }
  });

  it('refuses every payload that is cut', () => {
    const bytes = PAYLOADS[0] ?? payload();
    for (let end = 0; end < bytes.length; end++)
      expect(() => decodeFace(bytes.subarray(0, end))).toThrow(FaceCodecError);
  });

  it('decodes or refuses damaged payloads, and weights stay within 0–1', () => {
    const next = random(7);
    let decoded = 0;
    for (let i = 0; i < 800; i++) {
      const bytes = Uint8Array.from(PAYLOADS[next(3)] ?? []);
      for (let k = next(4); k >= 0; k--) bytes[next(bytes.length)] = next(256);
      try {
        for (const { weights } of decodeFace(bytes).frames) {
          expect(Math.min(...weights)).toBeGreaterThanOrEqual(0);
          expect(Math.max(...weights)).toBeLessThanOrEqual(1);
        }
        decoded++;
      } catch (error) {
        expect(error).toBeInstanceOf(FaceCodecError);
      }
    }
    expect(decoded).toBeGreaterThan(40);
  });

  it('gives frames that live on their own', () => {
    const [first, second] = decodeFace(PAYLOADS[1] ?? payload()).frames;
    expect(first?.weights.buffer).not.toBe(second?.weights.buffer);
    expect(CHANNELS.length).toBe(57);
  });
});
