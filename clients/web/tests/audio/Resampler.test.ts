import { describe, expect, test } from 'vitest';
import { Resampler } from '../../src/audio/Resampler';

const BLOCK = 128;

/** Resample a sine of `hz` block by block. */
function resampled(hz: number, sourceRate: number, targetRate: number, blocks: number): Float32Array {
  const resampler = new Resampler(sourceRate, targetRate);
  const out = new Float32Array(blocks * BLOCK);
  let made = 0;
  for (let block = 0; block < blocks; block++) {
    const needed = resampler.needed(BLOCK);
    const source = Float32Array.from({ length: needed }, (_, i) =>
      Math.sin((2 * Math.PI * hz * (made + i)) / sourceRate),
    );
    made += needed;
    resampler.process(source, out.subarray(block * BLOCK, (block + 1) * BLOCK));
  }
  return out;
}

/** Ratio of what is a sine of `hz` to what is not, in dB; the first and last 10 ms are left out. */
function purity(signal: Float32Array, hz: number, rate: number): number {
  const part = signal.subarray(Math.round(rate / 100), signal.length - Math.round(rate / 100));
  let sin = 0;
  let cos = 0;
  part.forEach((value, i) => {
    sin += value * Math.sin((2 * Math.PI * hz * i) / rate);
    cos += value * Math.cos((2 * Math.PI * hz * i) / rate);
  });
  const wanted = (2 * (sin * sin + cos * cos)) / part.length;
  const all = part.reduce((sum, value) => sum + value * value, 0);
  return 10 * Math.log10(wanted / Math.max(1e-12, all - wanted));
}

describe.each([48_000, 44_100, 96_000, 16_000])('to %i Hz', (rate) => {
  // Whole periods in the window, so that the projection is exact.
  test.each([1000, 4000])('it keeps a sine of %i Hz pure', (hz) => {
    const signal = resampled(hz, 24_000, rate, Math.ceil(rate / BLOCK));
    const halfSecond = signal.subarray(0, Math.round(rate / 2) + 2 * Math.round(rate / 100));
    expect(purity(halfSecond, hz, rate)).toBeGreaterThan(80);
  });

  test('it takes as many source samples as the rates say', () => {
    const resampler = new Resampler(24_000, rate);
    let taken = 0;
    const blocks = Math.ceil((10 * rate) / BLOCK);
    for (let block = 0; block < blocks; block++) {
      const needed = resampler.needed(BLOCK);
      resampler.process(new Float32Array(needed), new Float32Array(BLOCK));
      taken += needed;
    }
    expect(Math.abs(taken - (blocks * BLOCK * 24_000) / rate)).toBeLessThanOrEqual(1);
  });
});

test('it hands samples on untouched when the rates agree', () => {
  const out = new Float32Array(4);
  new Resampler(24_000, 24_000).process(new Float32Array([0.1, 0.2, 0.3, 0.4, 9]), out);
  expect([...out]).toEqual([...new Float32Array([0.1, 0.2, 0.3, 0.4])]);
});
