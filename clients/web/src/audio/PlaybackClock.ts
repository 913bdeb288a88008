/** Maps the moment that is heard onto the turn's audio clock, from the player's reports. */

import type { Position } from './Playback';
import type { EndedTurn, PlayerReport } from './PlayerCore';

interface Anchor {
  readonly turn: number;
  readonly startMs: number;
  readonly ptsMs: number;
  /** Seconds on the output's clock at which `ptsMs` is made. */
  readonly at: number;
  readonly moving: boolean;
}

export class PlaybackClock {
  #anchor: Anchor | null = null;
  /** The turn whose last samples are made but not heard yet. */
  #tail: { readonly anchor: Anchor; readonly endMs: number } | null = null;
  #floor = 0;
  #latest = { turn: 0, ptsMs: 0 };

  report(report: PlayerReport, at: number): void {
    if (report.turn <= this.#floor || report.state === 'idle' || report.state === 'buffering') {
      this.#anchor = null;
      return;
    }
    const { turn, startMs, ptsMs } = report;
    this.#anchor = { turn, startMs, ptsMs, at, moving: report.state === 'playing' };
  }

  ended(ended: EndedTurn, at: number): void {
    if (ended.turn <= this.#floor) return;
    const anchor = { turn: ended.turn, startMs: 0, ptsMs: ended.ptsMs, at, moving: true };
    this.#tail = { anchor, endMs: ended.ptsMs };
    if (this.#anchor?.turn === ended.turn) this.#anchor = null;
  }

  flush(throughTurn: number): void {
    this.#floor = Math.max(this.#floor, throughTurn);
    if ((this.#anchor?.turn ?? Infinity) <= throughTurn) this.#anchor = null;
    if ((this.#tail?.anchor.turn ?? Infinity) <= throughTurn) this.#tail = null;
  }

  /** The turn that has been heard to its end by `heardAt`, once. */
  takeEnded(heardAt: number): EndedTurn | null {
    const tail = this.#tail;
    if (tail === null || heardAt < tail.anchor.at) return null;
    this.#tail = null;
    return { turn: tail.anchor.turn, ptsMs: tail.endMs };
  }

  /** What is heard when the output's clock says `heardAt` (s). Before a turn's first sample ptsMs is below its start. */
  position(heardAt: number): Position | null {
    const anchor = this.#tail !== null && heardAt < this.#tail.anchor.at ? this.#tail.anchor : this.#anchor;
    if (anchor === null) return null;
    const ptsMs = anchor.moving ? anchor.ptsMs + (heardAt - anchor.at) * 1000 : anchor.ptsMs;
    return { turn: anchor.turn, ptsMs: this.#forward(anchor.turn, ptsMs), moving: anchor.moving };
  }

  /** Jitter of the output's clock must not turn the face back. */
  #forward(turn: number, ptsMs: number): number {
    const floor = this.#latest.turn === turn ? this.#latest.ptsMs : -Infinity;
    this.#latest = { turn, ptsMs: Math.max(floor, ptsMs) };
    return this.#latest.ptsMs;
  }
}
