/** The audio of one turn: samples laid on the turn's clock, whatever way they were cut into chunks. */
import { RingBuffer } from './RingBuffer';

/** A chunk's pts is a whole millisecond, so a seam may be off by that much without being a gap. */
const SEAM_MS = 2;
/** A longer hole is a broken pts, not a pause. */
const LONGEST_PAUSE_MS = 10_000;

export class TurnBuffer {
  readonly turn: number;
  readonly startMs: number;
  /** Nothing more will be written. */
  complete = false;
  readonly #ring = new RingBuffer();
  readonly #samplesPerMs: number;
  #written = 0;

  constructor(turn: number, startMs: number, sampleRate: number) {
    this.turn = turn;
    this.startMs = startMs;
    this.#samplesPerMs = sampleRate / 1000;
  }

  get bufferedMs(): number {
    return this.#ring.length / this.#samplesPerMs;
  }

  get drained(): boolean {
    return this.#ring.length === 0;
  }

  /** What has been read, in ms on the turn's clock. */
  get positionMs(): number {
    return this.startMs + (this.#written - this.#ring.length) / this.#samplesPerMs;
  }

  /** Lay a chunk at `ptsMs`: a hole becomes silence, what is already there is cut off. False: no room. */
  write(ptsMs: number, samples: Int16Array): boolean {
    const gapMs = ptsMs - (this.startMs + this.#written / this.#samplesPerMs);
    if (gapMs > SEAM_MS && gapMs <= LONGEST_PAUSE_MS) return this.#pad(gapMs) && this.#append(samples);
    if (gapMs < -SEAM_MS) return this.#append(samples.subarray(Math.round(-gapMs * this.#samplesPerMs)));
    return this.#append(samples);
  }

  read(out: Float32Array, count: number): number {
    return this.#ring.read(out, 0, count);
  }

  #pad(gapMs: number): boolean {
    const count = Math.round(gapMs * this.#samplesPerMs);
    if (!this.#ring.writeSilence(count)) return false;
    this.#written += count;
    return true;
  }

  #append(samples: Int16Array): boolean {
    if (!this.#ring.write(samples)) return false;
    this.#written += samples.length;
    return true;
  }
}
