import { expect, test } from 'vitest';
import { RingBuffer } from '../../src/audio/RingBuffer';
import { seeded } from '../support/seeded';

function count(from: number, length: number): Int16Array {
  return Int16Array.from({ length }, (_, i) => ((from + i) % 30000) + 1);
}

test('it gives back what was written, in order, over any pattern of writes and reads', () => {
  const random = seeded(5);
  const ring = new RingBuffer(16, 1 << 14);
  const out = new Float32Array(400);
  let written = 0;
  let read = 0;
  for (let round = 0; round < 2000; round++) {
    const length = Math.floor(random() * 60);
    if (ring.write(count(written, length))) written += length;
    const taken = ring.read(out, 0, Math.floor(random() * 64));
    for (let i = 0; i < taken; i++) expect(Math.round((out[i] ?? 0) * 32768)).toBe(((read + i) % 30000) + 1);
    read += taken;
    expect(ring.length).toBe(written - read);
  }
  expect(read).toBeGreaterThan(10_000);
});

test('it takes nothing of a chunk that does not fit', () => {
  const ring = new RingBuffer(4, 8);
  expect(ring.write(count(0, 6))).toBe(true);
  expect(ring.write(count(6, 3))).toBe(false);
  expect(ring.writeSilence(3)).toBe(false);
  expect(ring.length).toBe(6);
  expect(ring.write(count(6, 2))).toBe(true);
});

test('it writes silence that wraps round, over what lay there', () => {
  const ring = new RingBuffer(8, 8);
  const out = new Float32Array(8);
  ring.write(count(1, 8));
  ring.read(out, 0, 6);
  ring.writeSilence(5);
  expect(ring.read(out, 0, 8)).toBe(7);
  expect([...out.subarray(2, 7)]).toEqual([0, 0, 0, 0, 0]);
});

test('it writes into the place it is told and leaves the rest', () => {
  const ring = new RingBuffer();
  const out = new Float32Array([9, 9, 9, 9]);
  ring.write(new Int16Array([16384]));
  expect(ring.read(out, 2, 2)).toBe(1);
  expect([...out]).toEqual([9, 9, 0.5, 9]);
});
