/** Chooses the pixel ratio, and lowers it when pictures come too slowly. It never rises again, so it cannot swing.
 *
 * It starts above 1 even on plain screens: hair and lashes are finer than their pixels.
 */

const LEVELS = [2, 1.5, 1, 0.75] as const;
const FINE_SCREEN = 1.75;
/** Pictures that are looked at together. */
const WINDOW = 60;
/** Below 45 pictures a second motion is seen to stutter. */
const TOO_SLOW_MS = 1000 / 45;
/** A longer step is a sleeping tab, not a slow card. */
const PAUSE_MS = 250;

export class QualityGovernor {
  #level: number;
  #count = 0;
  #sum = 0;

  constructor(deviceRatio: number) {
    this.#level = deviceRatio >= FINE_SCREEN ? 0 : 1;
  }

  get pixelRatio(): number {
    return LEVELS[this.#level] ?? 1;
  }

  /** Note the time since the last picture. True when the pixel ratio went down. */
  note(stepMs: number): boolean {
    if (stepMs > PAUSE_MS) return false;
    this.#sum += stepMs;
    this.#count += 1;
    if (this.#count < WINDOW) return false;
    const slow = this.#sum / this.#count > TOO_SLOW_MS;
    this.#sum = 0;
    this.#count = 0;
    if (!slow || this.#level === LEVELS.length - 1) return false;
    this.#level += 1;
    return true;
  }
}
