/** Chooses how finely to draw, and lowers it when pictures come too slowly. It never rises again, so it cannot swing.
 *
 * It starts above a pixel ratio of 1 even on plain screens: hair and lashes are finer than their pixels.
 */

export interface Quality {
  readonly pixelRatio: number;
  readonly shadows: boolean;
}

const LOWEST: Quality = { pixelRatio: 0.75, shadows: false };
const LEVELS: readonly Quality[] = [
  { pixelRatio: 2, shadows: true },
  { pixelRatio: 1.5, shadows: true },
  { pixelRatio: 1, shadows: true },
  LOWEST,
];
/** Without a graphics card smoothness is out of reach: a sharp picture now and then is worth more. */
const SOFTWARE: Quality = { pixelRatio: 1, shadows: false };
const FINE_SCREEN = 1.75;
/** The first pictures pay for shaders and textures. */
const WARM_UP = 3;
/** What is looked at together: so many pictures, or so long. */
const WINDOW = 60;
const WINDOW_MS = 2000;
/** Below 45 pictures a second motion is seen to stutter. */
const TOO_SLOW_MS = 1000 / 45;

export class QualityGovernor {
  readonly #software: boolean;
  #level: number;
  #count = -WARM_UP;
  #sum = 0;

  /** @param software pictures are drawn by the processor */
  constructor(deviceRatio: number, software = false) {
    this.#software = software;
    this.#level = deviceRatio >= FINE_SCREEN ? 0 : 1;
  }

  get quality(): Quality {
    return this.#software ? SOFTWARE : (LEVELS[this.#level] ?? LOWEST);
  }

  /** Note the time since the last picture, pauses left out. True when the quality went down. */
  note(stepMs: number): boolean {
    this.#count += 1;
    if (this.#count > 0) this.#sum += stepMs;
    if (this.#count < WINDOW && this.#sum < WINDOW_MS) return false;
    const slow = this.#sum / this.#count > TOO_SLOW_MS;
    this.#count = 0;
    this.#sum = 0;
    if (!slow || this.#software || this.#level === LEVELS.length - 1) return false;
    this.#level += 1;
    this.#count = -WARM_UP;
    return true;
  }
}
