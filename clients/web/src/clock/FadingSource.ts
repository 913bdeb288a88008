/** Lets one source of faces follow another without a jump. */
import { blend, type FaceFrame, newFrame } from '../face';
import type { FaceSource } from './FaceDirector';

const FADE_MS = 300;

export class FadingSource implements FaceSource {
  #source: FaceSource | null = null;
  #since = -Infinity;
  readonly #shown = newFrame();
  readonly #before = newFrame();

  get source(): FaceSource | null {
    return this.#source;
  }

  /** Go over to `source`, from what is shown at `nowMs`. The first source needs no fade. */
  turnTo(source: FaceSource | null, nowMs: number): void {
    if (source === this.#source) return;
    this.#since = this.#source === null ? -Infinity : nowMs;
    this.#source = source;
    blend(this.#shown, this.#shown, 0, this.#before);
  }

  faceAt(nowMs: number): FaceFrame {
    if (this.#source === null) return this.#shown;
    const live = this.#source.faceAt(nowMs);
    return blend(this.#before, live, Math.min(1, (nowMs - this.#since) / FADE_MS), this.#shown);
  }
}
