/** A ring of PCM16 samples that grows up to a bound; nothing is allocated while it is read. */

const SCALE = 1 / 32768;

export class RingBuffer {
  readonly #maximum: number;
  #samples: Int16Array;
  #read = 0;
  #length = 0;

  /** Sizes are samples; both are rounded up to powers of two. */
  constructor(initial = 1 << 16, maximum = 1 << 24) {
    this.#samples = new Int16Array(powerOfTwo(initial));
    this.#maximum = powerOfTwo(maximum);
  }

  get length(): number {
    return this.#length;
  }

  get capacity(): number {
    return this.#samples.length;
  }

  /** Append all of `samples`, or nothing: false means that the bound would be passed. */
  write(samples: Int16Array): boolean {
    if (!this.#reserve(samples.length)) return false;
    const start = (this.#read + this.#length) & (this.capacity - 1);
    const head = Math.min(samples.length, this.capacity - start);
    this.#samples.set(samples.subarray(0, head), start);
    this.#samples.set(samples.subarray(head), 0);
    this.#length += samples.length;
    return true;
  }

  /** Append silence, or nothing as `write` does. */
  writeSilence(count: number): boolean {
    if (!this.#reserve(count)) return false;
    const start = (this.#read + this.#length) & (this.capacity - 1);
    const head = Math.min(count, this.capacity - start);
    this.#samples.fill(0, start, start + head);
    this.#samples.fill(0, 0, count - head);
    this.#length += count;
    return true;
  }

  /** Move up to `count` samples, as −1 to 1, into `out` from `offset`. Returns how many there were. */
  read(out: Float32Array, offset: number, count: number): number {
    const taken = Math.min(count, this.#length);
    const mask = this.capacity - 1;
    for (let i = 0; i < taken; i++) out[offset + i] = (this.#samples[(this.#read + i) & mask] ?? 0) * SCALE;
    this.#read = (this.#read + taken) & mask;
    this.#length -= taken;
    return taken;
  }

  clear(): void {
    this.#read = 0;
    this.#length = 0;
  }

  #reserve(extra: number): boolean {
    const wanted = this.#length + extra;
    if (wanted > this.#maximum) return false;
    if (wanted > this.capacity) this.#grow(powerOfTwo(wanted));
    return true;
  }

  #grow(capacity: number): void {
    const grown = new Int16Array(capacity);
    const head = Math.min(this.#length, this.capacity - this.#read);
    grown.set(this.#samples.subarray(this.#read, this.#read + head));
    grown.set(this.#samples.subarray(0, this.#length - head), head);
    this.#samples = grown;
    this.#read = 0;
  }
}

function powerOfTwo(least: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(1, least)));
}
