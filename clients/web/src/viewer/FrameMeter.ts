/** Pictures a second and what one costs, as running means; nothing is allocated while it counts. */

const SHARE = 0.05;

export class FrameMeter {
  #frames = 0;
  #lastMs = Number.NaN;
  #stepMs = Number.NaN;
  #costMs = Number.NaN;
  #faceMs = Number.NaN;

  get frames(): number {
    return this.#frames;
  }

  /** 0 before the second picture. */
  get fps(): number {
    return Number.isNaN(this.#stepMs) ? 0 : 1000 / this.#stepMs;
  }

  /** Script time of one picture, ms. */
  get costMs(): number {
    return Number.isNaN(this.#costMs) ? 0 : this.#costMs;
  }

  /** The part of it that goes into the face, before drawing, ms. */
  get faceMs(): number {
    return Number.isNaN(this.#faceMs) ? 0 : this.#faceMs;
  }

  /** Begin a picture. Returns the time since the last one, ms. */
  begin(nowMs: number): number {
    const step = nowMs - this.#lastMs;
    this.#lastMs = nowMs;
    if (!Number.isNaN(step)) this.#stepMs = mean(this.#stepMs, step);
    return Number.isNaN(step) ? 0 : step;
  }

  end(faceMs: number, costMs: number): void {
    this.#frames += 1;
    this.#faceMs = mean(this.#faceMs, faceMs);
    this.#costMs = mean(this.#costMs, costMs);
  }

  /** Pictures stop for a while: the gap is not a slow picture. */
  pause(): void {
    this.#lastMs = Number.NaN;
  }
}

function mean(before: number, value: number): number {
  return Number.isNaN(before) ? value : before + SHARE * (value - before);
}
