import { describe, expect, test } from 'vitest';
import {
  decodeMedia,
  encodeMedia,
  MediaFormatError,
  type MediaItem,
  MediaKind,
  pcmSamples,
} from '../../src/protocol/media';
import { seeded } from '../support/seeded';

const ITEM: MediaItem = {
  kind: MediaKind.audioPcm16,
  key: true,
  last: false,
  turn: 0x01020304,
  ptsMs: 0xfffffffe,
  seq: 3,
  payload: new Uint8Array([1, 2]),
};

describe('the header', () => {
  test('it lies in the bytes as the protocol says, little-endian', () => {
    const bytes = [...new Uint8Array(encodeMedia({ ...ITEM, last: true }))];
    expect(bytes).toEqual([1, 1, 3, 0, 4, 3, 2, 1, 254, 255, 255, 255, 3, 0, 0, 0, 1, 2]);
  });

  test('it comes back from any bytes that were written', () => {
    const random = seeded(1);
    const kinds = Object.values(MediaKind);
    for (let round = 0; round < 200; round++) {
      const item: MediaItem = {
        kind: kinds[Math.floor(random() * kinds.length)] ?? MediaKind.face,
        key: random() < 0.5,
        last: random() < 0.5,
        turn: Math.floor(random() * 2 ** 32),
        ptsMs: Math.floor(random() * 2 ** 32),
        seq: Math.floor(random() * 2 ** 32),
        payload: Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256)),
      };
      expect(decodeMedia(encodeMedia(item))).toEqual(item);
    }
  });
});

describe('malformed bytes', () => {
  test.each([
    ['no header', new Uint8Array(15)],
    ['version 0', new Uint8Array(16)],
    ['kind 0', new Uint8Array([1, 0, ...new Array(14).fill(0)])],
    ['kind 8', new Uint8Array([1, 8, ...new Array(14).fill(0)])],
  ])('it refuses %s', (_what, bytes) => {
    expect(() => decodeMedia(bytes.slice().buffer)).toThrow(MediaFormatError);
  });

  test('it never fails in another way, whatever comes', () => {
    const random = seeded(2);
    for (let round = 0; round < 500; round++) {
      const bytes = Uint8Array.from({ length: Math.floor(random() * 40) }, () => Math.floor(random() * 256));
      try {
        decodeMedia(bytes.buffer);
      } catch (error) {
        expect(error).toBeInstanceOf(MediaFormatError);
      }
    }
  });
});

describe('samples', () => {
  test('it reads them little-endian and signed, from any offset', () => {
    const bytes = new Uint8Array([99, 0xff, 0x7f, 0x00, 0x80]);
    expect([...pcmSamples(bytes.subarray(1))]).toEqual([32767, -32768]);
  });

  test('it refuses half a sample', () => {
    expect(() => pcmSamples(new Uint8Array(3))).toThrow(MediaFormatError);
  });
});
