/** Turns the eyes of a face further, by degrees. */
import { blend, type FaceFrame, newFrame, turnEyes } from '../face';
import type { Gaze } from '../protocol/messages';

export class Glance {
  gaze: Gaze = { x: 0, y: 0 };
  readonly #turned = newFrame();

  /** `frame` with its eyes turned; valid until the next call. Lids that look down follow by their morph. */
  of(frame: FaceFrame): FaceFrame {
    const { x, y } = this.gaze;
    if (x === 0 && y === 0) return frame;
    blend(frame, frame, 0, this.#turned);
    turnEyes(x, y, this.#turned.weights);
    this.#turned.gaze.set([(frame.gaze[0] ?? 0) + x, (frame.gaze[1] ?? 0) + y]);
    return this.#turned;
  }
}
