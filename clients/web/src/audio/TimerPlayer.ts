/** Plays turns without sound, in real time: where there is no Web Audio, captions and face still run. */
import { Emitter } from '../events/Emitter';
import type { Playback, PlaybackEvents, Position } from './Playback';
import { PlaybackClock } from './PlaybackClock';
import { PlayerCore, SOURCE_RATE } from './PlayerCore';

const BLOCK = 128;
const TICK_MS = 20;
/** After a sleep longer than this the time line is taken up again rather than caught up with. */
const LONGEST_CATCH_UP_S = 1;

export class TimerPlayer extends Emitter<PlaybackEvents> implements Playback {
  readonly #core = new PlayerCore(SOURCE_RATE);
  readonly #clock = new PlaybackClock();
  readonly #block = new Float32Array(BLOCK);
  #timer: ReturnType<typeof setInterval> | null = null;
  #madeUntil = 0;

  constructor() {
    super();
    this.#core.onEnded = (ended) => this.#clock.ended(ended, this.#madeUntil);
  }

  open(): void {
    if (this.#timer !== null) return;
    this.#madeUntil = performance.now() / 1000;
    this.#timer = setInterval(() => this.#advance(performance.now() / 1000), TICK_MS);
  }

  enqueue(turn: number, ptsMs: number, samples: Int16Array, last: boolean): void {
    this.#core.enqueue(turn, ptsMs, samples, last);
  }

  finish(turn: number): void {
    this.#core.finish(turn);
  }

  flush(throughTurn: number): void {
    this.#clock.flush(throughTurn);
    this.#core.flush(throughTurn);
  }

  position(nowMs: number): Position | null {
    const now = nowMs / 1000;
    this.#advance(now);
    const ended = this.#clock.takeEnded(now);
    if (ended !== null) this.emit('ended', ended);
    return this.#clock.position(now);
  }

  async unlock(): Promise<void> {
    this.open();
  }

  setVolume(): void {
    // there is no sound to turn down
  }

  close(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  #advance(until: number): void {
    if (this.#timer === null) return;
    if (until - this.#madeUntil > LONGEST_CATCH_UP_S) this.#madeUntil = until;
    while (this.#madeUntil < until) {
      this.#clock.report(this.#core.report(), this.#madeUntil);
      this.#core.render(this.#block);
      this.#madeUntil += BLOCK / SOURCE_RATE;
    }
  }
}
