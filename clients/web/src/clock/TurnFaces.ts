/** The face of one turn on the turn's audio clock, sampled at any moment between its frames. */

import { blend, type FaceFrame } from '../face';
import type { EmotionState } from '../protocol/messages';

/** Further apart than this, two frames are not neighbours: something between them is missing. */
const NEIGHBOUR_MS = 100;

interface TimedFrame {
  readonly ptsMs: number;
  readonly frame: FaceFrame;
}

export class TurnFaces {
  /** Session clock at pts 0. */
  readonly clockMs: number;
  /** What the face feels in this turn alone; null when that is no other than before. */
  readonly emotion: EmotionState | null;
  readonly #frames: TimedFrame[] = [];
  #cursor = 0;
  #late = 0;

  constructor(clockMs: number, emotion: EmotionState | null) {
    this.clockMs = clockMs;
    this.emotion = emotion;
  }

  /** Pts of the first frame; Infinity while there is none. */
  get startMs(): number {
    return this.#frames[0]?.ptsMs ?? Infinity;
  }

  /** Frames that came after their moment. */
  get lateFrames(): number {
    return this.#late;
  }

  /** Add frames from `ptsMs` on. `shownMs` is the moment on show; what lies before it is late. */
  add(ptsMs: number, fps: number, frames: readonly FaceFrame[], shownMs: number): void {
    const last = this.#frames.at(-1)?.ptsMs ?? -Infinity;
    frames.forEach((frame, index) => {
      const at = ptsMs + (index * 1000) / fps;
      if (at <= last) return;
      if (at + 1000 / fps <= shownMs) this.#late += 1;
      this.#frames.push({ ptsMs: at, frame });
    });
  }

  /** Write the face at `ptsMs` into `out`: between neighbours a mix, in a hole or past the end the last one. */
  sample(ptsMs: number, out: FaceFrame): void {
    this.#seek(ptsMs);
    const here = this.#frames[this.#cursor];
    if (here === undefined) return;
    const next = this.#frames[this.#cursor + 1];
    const gap = next === undefined ? 0 : next.ptsMs - here.ptsMs;
    const between = next !== undefined && gap <= NEIGHBOUR_MS && ptsMs > here.ptsMs;
    blend(here.frame, next?.frame ?? here.frame, between ? (ptsMs - here.ptsMs) / gap : 0, out);
  }

  /** Put the cursor on the last frame that is not after `ptsMs`. */
  #seek(ptsMs: number): void {
    if ((this.#frames[this.#cursor]?.ptsMs ?? 0) > ptsMs) this.#cursor = 0;
    while ((this.#frames[this.#cursor + 1]?.ptsMs ?? Infinity) <= ptsMs) this.#cursor += 1;
  }
}
