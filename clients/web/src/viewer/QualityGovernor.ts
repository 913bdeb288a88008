/** Chooses how finely to draw, and lowers it when pictures come too slowly. It never rises again, so it cannot swing.
 *
 * It starts above a pixel ratio of 1 even on plain screens: hair and lashes are finer than their pixels.
 */

export interface Quality {
  readonly pixelRatio: number;
  readonly shadows: boolean;
  /** Light for each vertex instead of each pixel. */
  readonly plain: boolean;
}

const LOWEST: Quality = { pixelRatio: 0.5, shadows: false, plain: true };
/** Best first. */
export const LEVELS: readonly Quality[] = [
  { pixelRatio: 2, shadows: true, plain: false },
  { pixelRatio: 1.5, shadows: true, plain: false },
  { pixelRatio: 1, shadows: true, plain: false },
  { pixelRatio: 0.75, shadows: false, plain: false },
  { pixelRatio: 1, shadows: false, plain: true },
  { pixelRatio: 0.75, shadows: false, plain: true },
  LOWEST,
];
const FINE_SCREEN = 1.75;
/** Where machines begin whose processor draws: all above costs them several times as much. */
const SOFTWARE = 4;
/** The first pictures pay for shaders and textures. */
const WARM_UP = 3;
/** What is looked at together: so many pictures, or so long. */
const WINDOW = 60;
const WINDOW_MS = 2000;
/** Below 45 pictures a second motion is seen to stutter. Without a graphics card 20 are good, and sharpness counts, too. */
const TOO_SLOW_MS = 1000 / 45;
const TOO_SLOW_SOFTWARE_MS = 1000 / 20;

export class QualityGovernor {
  readonly #tooSlowMs: number;
  #level: number;
  #count = -WARM_UP;
  #sum = 0;

  /** @param software pictures are drawn by the processor */
  constructor(deviceRatio: number, software = false) {
    this.#tooSlowMs = software ? TOO_SLOW_SOFTWARE_MS : TOO_SLOW_MS;
    this.#level = software ? SOFTWARE : deviceRatio >= FINE_SCREEN ? 0 : 1;
  }

  get quality(): Quality {
    return LEVELS[this.#level] ?? LOWEST;
  }

  /** Note the time since the last picture, pauses left out. True when the quality went down. */
  note(stepMs: number): boolean {
    this.#count += 1;
    if (this.#count > 0) this.#sum += stepMs;
    if (this.#count < WINDOW && this.#sum < WINDOW_MS) return false;
    const slow = this.#sum / this.#count > this.#tooSlowMs;
    this.#count = 0;
    this.#sum = 0;
    if (!slow || this.#level === LEVELS.length - 1) return false;
    this.#level += 1;
    this.#count = -WARM_UP;
    return true;
  }
}
