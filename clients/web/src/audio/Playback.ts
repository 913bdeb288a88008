/** What a conversation needs of whatever plays its sound. */
import type { Emitter } from '../events/Emitter';

export interface Position {
  readonly turn: number;
  /** What is heard now, in ms on the turn's audio clock. */
  readonly ptsMs: number;
  /** False while the turn waits for audio that is late. */
  readonly moving: boolean;
}

export interface PlaybackEvents {
  /** The last sample of a turn has been heard. */
  ended: { readonly turn: number; readonly ptsMs: number };
  /** Loudness of what is playing, 0–1, about 50 times a second. */
  level: number;
  /** The browser keeps the sound back until somebody touches the page. */
  locked: boolean;
  error: Error;
}

export interface Playback extends Emitter<PlaybackEvents> {
  /** Get ready to play; may be called more than once. */
  open(): void;
  enqueue(turn: number, ptsMs: number, samples: Int16Array, last: boolean): void;
  /** Nothing more comes for `turn`. */
  finish(turn: number): void;
  /** Be silent at once and drop `throughTurn` and all older turns. */
  flush(throughTurn: number): void;
  /** Null while no turn sounds. `nowMs` is a time of `performance.now()`. */
  position(nowMs: number): Position | null;
  /** Ask the browser to let sound out; to be called from a user's gesture. */
  unlock(): Promise<void>;
  /** 0–1 */
  setVolume(volume: number): void;
  close(): void;
}
