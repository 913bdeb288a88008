/** Plays turns one after the other: buffering, underruns, flushing and position. Pure; runs inside the worklet. */
import { Resampler } from './Resampler';
import { TurnBuffer } from './TurnBuffer';

export const SOURCE_RATE = 24_000;
export const START_BUFFER_MS = 120;
/** Length of the ramps that keep a cut from clicking, in source samples (about 3 ms). */
const RAMP = 72;

export type PlayerState = 'idle' | 'buffering' | 'playing' | 'stalled';

export interface PlayerReport {
  readonly state: PlayerState;
  /** 0 when idle. */
  readonly turn: number;
  readonly startMs: number;
  /** What the next sample to be made will be, in ms on the turn's clock. */
  readonly ptsMs: number;
  readonly bufferedMs: number;
  /** Root mean square of what was made since the last report, 0–1. */
  readonly level: number;
  readonly underruns: number;
}

export interface EndedTurn {
  readonly turn: number;
  readonly ptsMs: number;
}

export class PlayerCore {
  /** Called when the last sample of a turn has been made; a flushed turn does not end. */
  onEnded: (ended: EndedTurn) => void = () => undefined;
  readonly #resampler: Resampler;
  #queue: TurnBuffer[] = [];
  #floor = 0;
  #playing = false;
  #stalled = false;
  #underruns = 0;
  #gain = 0;
  #lastSample = 0;
  #energy = 0;
  #energyCount = 0;
  #source = new Float32Array(512);

  constructor(outputRate: number) {
    this.#resampler = new Resampler(SOURCE_RATE, outputRate);
  }

  /** Take a chunk. False: it belongs to a flushed turn, or there is no room. */
  enqueue(turn: number, ptsMs: number, samples: Int16Array, last: boolean): boolean {
    if (turn <= this.#floor) return false;
    const buffer = this.#bufferOf(turn, ptsMs);
    const written = buffer.write(ptsMs, samples);
    if (last) buffer.complete = true;
    return written;
  }

  /** Nothing more comes for `turn`: what is buffered plays out. */
  finish(turn: number): void {
    const buffer = this.#queue.find((entry) => entry.turn === turn);
    if (buffer !== undefined) buffer.complete = true;
  }

  /** Drop `throughTurn` and every older turn, now and for ever. */
  flush(throughTurn: number): void {
    this.#floor = Math.max(this.#floor, throughTurn);
    const current = this.#queue[0];
    this.#queue = this.#queue.filter((entry) => entry.turn > this.#floor);
    if (current !== this.#queue[0]) this.#rest();
  }

  /** Fill `out` with the next samples, mono. */
  render(out: Float32Array): void {
    const count = this.#resampler.needed(out.length);
    if (this.#source.length < count) this.#source = new Float32Array(2 * count);
    this.#fill(count);
    this.#resampler.process(this.#source, out);
    this.#measure(out);
  }

  /** Where the player stands; starts a new level measurement. */
  report(): PlayerReport {
    const current = this.#queue[0];
    const level = Math.sqrt(this.#energy / Math.max(1, this.#energyCount));
    this.#energy = 0;
    this.#energyCount = 0;
    return {
      state: this.#state(),
      turn: current?.turn ?? 0,
      startMs: current?.startMs ?? 0,
      ptsMs: current?.positionMs ?? 0,
      bufferedMs: current?.bufferedMs ?? 0,
      level,
      underruns: this.#underruns,
    };
  }

  #state(): PlayerState {
    if (this.#queue.length === 0) return 'idle';
    if (this.#playing) return 'playing';
    return this.#stalled ? 'stalled' : 'buffering';
  }

  #bufferOf(turn: number, ptsMs: number): TurnBuffer {
    const known = this.#queue.find((entry) => entry.turn === turn);
    if (known !== undefined) return known;
    const added = new TurnBuffer(turn, ptsMs, SOURCE_RATE);
    this.#queue.push(added);
    this.#queue.sort((a, b) => a.turn - b.turn);
    return added;
  }

  /** Put `count` source samples into the scratch, from the current turn or, without one, a fading rest. */
  #fill(count: number): void {
    const current = this.#queue[0];
    const taken = current !== undefined && this.#mayPlay(current) ? current.read(this.#source, count) : 0;
    this.#shape(taken, count);
    if (current === undefined || !current.drained) return;
    if (current.complete) this.#end(current);
    else if (this.#playing && taken < count) this.#stall();
  }

  #mayPlay(current: TurnBuffer): boolean {
    this.#playing ||= current.complete || current.bufferedMs >= START_BUFFER_MS;
    if (this.#playing) this.#stalled = false;
    return this.#playing;
  }

  /** Ramp a start in, and let what was heard last die away after a cut. */
  #shape(taken: number, count: number): void {
    for (let i = 0; i < taken; i++) {
      this.#gain = Math.min(1, this.#gain + 1 / RAMP);
      this.#lastSample = (this.#source[i] ?? 0) * this.#gain;
      this.#source[i] = this.#lastSample;
    }
    if (taken < count) this.#gain = 0;
    for (let i = taken; i < count; i++) {
      this.#lastSample *= 1 - 4 / RAMP;
      this.#source[i] = this.#lastSample;
    }
  }

  #end(current: TurnBuffer): void {
    this.#queue.shift();
    this.#rest();
    this.onEnded({ turn: current.turn, ptsMs: current.positionMs });
  }

  #stall(): void {
    this.#playing = false;
    this.#stalled = true;
    this.#underruns += 1;
  }

  #rest(): void {
    this.#playing = false;
    this.#stalled = false;
    this.#gain = 0;
  }

  #measure(out: Float32Array): void {
    for (const sample of out) this.#energy += sample * sample;
    this.#energyCount += out.length;
  }
}
