/** Emotions: poses of the face, how they change movement, and the history that fades one into the next. */
import table from '../../../../avatars/face/data/emotions.json';
import { row } from './channels';
import { quintic } from './noise';

export const EMOTIONS: readonly string[] = Object.keys(table.emotions);
/** The resting face, 52 weights: a bare neutral looks stern. */
export const REST: Float64Array = row(table.rest);
export const WEIGHTS = 52;

const MODULATORS: readonly string[] = Object.keys(table.modulators);
const FADE_S = table.fade_ms / 1000;
const KEPT = 32;

export type Modulator = keyof typeof table.modulators;

interface Change {
  readonly atS: number;
  readonly state: Float64Array;
}

interface Entry {
  readonly weights: Readonly<Record<string, number>>;
  readonly modulators: Readonly<Record<string, number>>;
}

const NEUTRAL = Float64Array.from([...new Float64Array(WEIGHTS), ...Object.values(table.modulators)]);

/** Where a modulator lies in a state. */
export function modulator(name: Modulator): number {
  return WEIGHTS + MODULATORS.indexOf(name);
}

function stateOf(name: string, intensity: number): Float64Array {
  const entry = (table.emotions as Readonly<Record<string, Entry>>)[name];
  if (entry === undefined) throw new RangeError(`Unknown emotion ${name}; known are ${EMOTIONS.join(', ')}.`);
  if (!(intensity >= 0 && intensity <= 1)) throw new RangeError(`Intensity must lie in 0–1, not ${intensity}.`);
  const full = Float64Array.from([
    ...row(entry.weights),
    ...MODULATORS.map((key, i) => entry.modulators[key] ?? NEUTRAL[WEIGHTS + i] ?? 0),
  ]);
  return NEUTRAL.map((plain, i) => plain + (i < WEIGHTS ? (full[i] ?? 0) : (full[i] ?? 0) - plain) * intensity);
}

/** Which emotion from when on. Each change fades in over 0.55 s; before the first the face is neutral. */
export class EmotionHistory {
  readonly #changes: Change[] = [];

  /** From `atS` on the face goes to `name`. Throws RangeError for an unknown name or an intensity outside 0–1. */
  change(name: string, intensity: number, atS: number): void {
    const state = stateOf(name, intensity);
    let place = this.#changes.length;
    while (place > 0 && (this.#changes[place - 1]?.atS ?? 0) > atS) place--;
    this.#changes.splice(place, 0, { atS, state });
    if (this.#changes.length > KEPT) this.#changes.shift();
  }

  /** One value of the state at a time: a weight by its index, or a modulator. */
  value(index: number, tS: number): number {
    let value = NEUTRAL[index] ?? 0;
    for (const { atS, state } of this.#changes) {
      if (atS >= tS) break;
      value += ((state[index] ?? 0) - value) * quintic((tS - atS) / FADE_S);
    }
    return value;
  }

  /** Write the whole state, 52 weights and the modulators, into `out`. */
  read(tS: number, out: Float64Array): void {
    out.set(NEUTRAL);
    for (const { atS, state } of this.#changes) {
      if (atS >= tS) break;
      const share = quintic((tS - atS) / FADE_S);
      for (let i = 0; i < out.length; i++) {
        const from = out[i] ?? 0;
        out[i] = from + ((state[i] ?? 0) - from) * share;
      }
    }
  }
}

export const STATE_LENGTH: number = NEUTRAL.length;
