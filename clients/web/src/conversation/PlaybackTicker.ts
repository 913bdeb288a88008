/** Follows what is heard, with or without a picture, and tells the server of it. */
import type { Playback } from '../audio/Playback';
import type { ClientMessage } from '../protocol/messages';

const TICK_MS = 50;
const REPORT_MS = 250;

export class PlaybackTicker {
  /** Called about 20 times a second while a turn is heard. */
  onMove: (turn: number, ptsMs: number) => void = () => undefined;
  /** Face frames that came too late to be shown, in `turn` so far. */
  lateFrames: (turn: number) => number = () => 0;
  readonly #playback: Playback;
  readonly #send: (progress: ClientMessage) => void;
  #timer: ReturnType<typeof setInterval> | null = null;
  #reportedAt = 0;

  constructor(playback: Playback, send: (progress: ClientMessage) => void) {
    this.#playback = playback;
    this.#send = send;
  }

  start(): void {
    this.#timer ??= setInterval(() => this.#tick(performance.now()), TICK_MS);
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** The turn was heard to its end: the server's last word on it should be exact. */
  ended(turn: number, ptsMs: number): void {
    this.onMove(turn, ptsMs);
    this.#report(turn, ptsMs);
  }

  #tick(nowMs: number): void {
    const position = this.#playback.position(nowMs);
    if (position === null || position.ptsMs < 0) return;
    this.onMove(position.turn, position.ptsMs);
    if (!position.moving || nowMs - this.#reportedAt < REPORT_MS) return;
    this.#reportedAt = nowMs;
    this.#report(position.turn, position.ptsMs);
  }

  #report(turn: number, ptsMs: number): void {
    this.#send({ type: 'played', turn, pts_ms: Math.round(ptsMs), late_frames: this.lateFrames(turn) });
  }
}
