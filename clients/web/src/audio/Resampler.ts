/** Band-limited resampling of a mono stream: Kaiser-windowed sinc, 32 taps, linearly interpolated phases.
 *
 * Method: J. O. Smith, "Digital Audio Resampling", CCRMA; the window's beta of 9 puts images below −85 dB.
 */

const HALF = 16;
const TAPS = 2 * HALF;
const PHASES = 256;
const BETA = 9;

export class Resampler {
  /** Source samples for one output sample. */
  readonly ratio: number;
  readonly #table: Float32Array;
  /** The last TAPS source samples, then those of the block at hand. */
  #history = new Float32Array(TAPS);
  #position = 0;

  constructor(sourceRate: number, targetRate: number) {
    this.ratio = sourceRate / targetRate;
    this.#table = kernel(Math.min(1, targetRate / sourceRate));
  }

  /** How many source samples the next block of `count` output samples takes. */
  needed(count: number): number {
    return this.ratio === 1 ? count : Math.floor(this.#position + count * this.ratio);
  }

  /** Make all of `out` from the first `needed(out.length)` samples of `source`. */
  process(source: Float32Array, out: Float32Array): void {
    if (this.ratio === 1) {
      out.set(source.subarray(0, out.length));
      return;
    }
    const count = this.needed(out.length);
    this.#append(source, count);
    for (let i = 0; i < out.length; i++) out[i] = this.#at(this.#position + i * this.ratio);
    this.#position += out.length * this.ratio - count;
    this.#history.copyWithin(0, count, count + TAPS);
  }

  reset(): void {
    this.#history.fill(0);
    this.#position = 0;
  }

  #append(source: Float32Array, count: number): void {
    if (this.#history.length < TAPS + count + 1) {
      const longer = new Float32Array(2 * (TAPS + count + 1));
      longer.set(this.#history.subarray(0, TAPS));
      this.#history = longer;
    }
    this.#history.set(source.subarray(0, count), TAPS);
  }

  /** The stream at `position` source samples past the history's first whole neighbourhood. */
  #at(position: number): number {
    const whole = Math.floor(position);
    const phase = (position - whole) * PHASES;
    const row = Math.floor(phase);
    const mix = phase - row;
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const low = this.#table[row * TAPS + tap] ?? 0;
      const high = this.#table[(row + 1) * TAPS + tap] ?? 0;
      sum += (this.#history[whole + tap + 1] ?? 0) * (low + (high - low) * mix);
    }
    return sum;
  }
}

/** (PHASES + 1) × TAPS weights of a low-pass at `cutoff` of the source's Nyquist frequency, each row summing to 1. */
function kernel(cutoff: number): Float32Array {
  const table = new Float32Array((PHASES + 1) * TAPS);
  for (let row = 0; row <= PHASES; row++) {
    let sum = 0;
    for (let tap = 0; tap < TAPS; tap++) {
      const x = tap - HALF + 1 - row / PHASES;
      const weight = cutoff * sinc(cutoff * x) * kaiser(x / HALF);
      table[row * TAPS + tap] = weight;
      sum += weight;
    }
    for (let tap = 0; tap < TAPS; tap++) table[row * TAPS + tap] = (table[row * TAPS + tap] ?? 0) / sum;
  }
  return table;
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) >= 1 ? 0 : bessel0(BETA * Math.sqrt(1 - x * x)) / bessel0(BETA);
}

/** Modified Bessel function of the first kind, order 0, by its power series. */
function bessel0(x: number): number {
  let term = 1;
  let sum = 1;
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}
