/** How long to wait before the next try: doubling, bounded, half of it by chance so that clients do not come as one. */

export interface BackoffOptions {
  readonly firstMs?: number;
  readonly longestMs?: number;
  readonly attempts?: number;
  /** 0–1, for tests that need a fixed wait. */
  readonly random?: () => number;
}

export class Backoff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  readonly #attempts: number;
  readonly #random: () => number;
  #attempt = 0;

  constructor({ firstMs = 300, longestMs = 10_000, attempts = 20, random = Math.random }: BackoffOptions = {}) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
    this.#attempts = attempts;
    this.#random = random;
  }

  get attempt(): number {
    return this.#attempt;
  }

  get exhausted(): boolean {
    return this.#attempt >= this.#attempts;
  }

  /** The wait before the next try, in ms, between half of the doubling bound and all of it. */
  next(): number {
    const bound = Math.min(this.#longestMs, this.#firstMs * 2 ** this.#attempt);
    this.#attempt += 1;
    return bound * (0.5 + 0.5 * this.#random());
  }

  reset(): void {
    this.#attempt = 0;
  }
}
