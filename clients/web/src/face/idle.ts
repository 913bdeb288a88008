/**
 * What a face does of itself: sway, breathing, blinks, gaze and small nods, as functions of seed and absolute time.
 * The server plays the same functions under speech (`avatars/face/idle.py`); golden vectors hold both together.
 */
import table from '../../../../avatars/face/data/idle.json';
import { both, clamp, look } from './channels';
import { EmotionHistory, modulator, REST, STATE_LENGTH, WEIGHTS } from './emotions';
import { type FaceFrame, newFrame } from './frame';
import { hashed, quintic, salt, valueNoise } from './noise';

const { head: HEAD, face: FACE, blink: BLINK, gaze: GAZE, nod: NOD, octave: OCTAVE } = table;
const SMILE = both('mouthSmile');
const INNER = both('browInnerUp');
const LIDS = both('eyeBlink');
const WIDE = both('eyeWide');
const SQUINT = both('eyeSquint');

type Point = [number, number];
type NoiseName = keyof typeof table.noise;

interface Octave {
  readonly hz: number;
  readonly salted: number;
  readonly gain: number;
}

/** Events in cells of fixed length, jittered by a hash of the cell's number: any moment can be asked for alone. */
class Events {
  readonly cellS: number;
  readonly #spread: number;
  readonly #salts: readonly number[];

  constructor(seed: number, spec: { stream: number; cell_s: number; spread: number }, streams: number) {
    this.cellS = spec.cell_s;
    this.#spread = spec.spread;
    this.#salts = Array.from({ length: streams }, (_, i) => salt(seed, spec.stream + i));
  }

  cell(tS: number): number {
    return Math.floor(tS / this.cellS);
  }

  start(cell: number): number {
    return (cell + this.#spread * this.random(cell, 0)) * this.cellS;
  }

  random(cell: number, stream: number): number {
    return hashed(cell, this.#salts[stream] ?? 0);
  }
}

/** The idle motion of one seed (u32). Its frame is valid until the next call. */
export class IdleFace {
  readonly #emotions = new EmotionHistory();
  readonly #noise: Readonly<Record<NoiseName, readonly Octave[]>>;
  readonly #blinks: Events;
  readonly #fixations: Events;
  readonly #nods: Events;
  readonly #frame = newFrame();
  readonly #state = new Float64Array(STATE_LENGTH);
  readonly #old: Point = [0, 0];
  readonly #new: Point = [0, 0];

  constructor(seed: number) {
    this.#noise = octaves(seed);
    this.#blinks = new Events(seed, BLINK, 4);
    this.#fixations = new Events(seed, GAZE, 7);
    this.#nods = new Events(seed, NOD, 3);
  }

  /** From `atMs` on the face goes to `name`. Throws RangeError for an unknown name or an intensity outside 0–1. */
  setEmotion(name: string, intensity: number, atMs: number): void {
    this.#emotions.change(name, intensity, atMs / 1000);
  }

  /** The face at `tMs` on the session's clock. */
  frame(tMs: number): FaceFrame {
    const t = tMs / 1000;
    this.#emotions.read(t, this.#state);
    this.#pose(t);
    this.#express(t);
    this.#eyes(this.#lids(t));
    return this.#frame;
  }

  /** Head, and where the eyes look in the head. */
  #pose(t: number): void {
    const { head, gaze } = this.#frame;
    const live = this.#modulated('head');
    const [since, length] = this.#look(t);
    const follow = quintic(since / GAZE.follow_s);
    const eye = quintic(since / length);
    const breath = Math.sin((t * 2 * Math.PI) / HEAD.breath_s + HEAD.breath_wander * this.#wander('breath', t));
    const pitch = HEAD.pitch * this.#wander('pitch', t) + HEAD.breath * breath - this.#nod(t);
    head[0] = live * HEAD.yaw * this.#wander('yaw', t) + HEAD.follow_yaw * mix(this.#old[0], this.#new[0], follow);
    head[1] = live * pitch + HEAD.follow_pitch * mix(this.#old[1], this.#new[1], follow) + this.#modulated('pitch');
    head[2] = live * HEAD.roll * this.#wander('roll', t);
    const y = mix(this.#old[1], this.#new[1], eye) - this.#modulated('gaze_down');
    gaze[0] =
      mix(this.#old[0], this.#new[0], eye) + GAZE.drift * this.#wander('driftX', t) - GAZE.undo_head * head[0];
    gaze[1] = y + GAZE.drift * this.#wander('driftY', t) - GAZE.undo_head * head[1];
  }

  /** Find the last two fixations; seconds since the eyes left for the last one and how long they take. */
  #look(t: number): Point {
    let cell = this.#fixations.cell(t);
    if (this.#fixations.start(cell) > t) cell--;
    this.#fixation(cell - 1, this.#old);
    this.#fixation(cell, this.#new);
    const distance = Math.hypot(this.#new[0] - this.#old[0], this.#new[1] - this.#old[1]);
    return [t - this.#fixations.start(cell), GAZE.saccade_s + GAZE.saccade_s_per_degree * distance];
  }

  #fixation(cell: number, out: Point): void {
    const random = (stream: number) => this.#fixations.random(cell, stream);
    if (random(1) < GAZE.away_chance) {
      const aversion = this.#emotions.value(modulator('aversion'), this.#fixations.start(cell));
      out[0] = (random(2) < 0.5 ? 1 : -1) * range(GAZE.away_x, random(3)) * aversion;
      out[1] = range(GAZE.away_y, random(4)) * aversion;
    } else {
      out[0] = GAZE.near_x * (random(5) + random(6) - 1);
      out[1] = GAZE.near_y * (random(3) + random(4) - 1) + GAZE.settle_y;
    }
  }

  /** Degrees down. */
  #nod(t: number): number {
    let sum = 0;
    for (let cell = this.#nods.cell(t - 1); cell <= this.#nods.cell(t); cell++) {
      if (this.#nods.random(cell, 1) >= NOD.chance) continue;
      const x = t - this.#nods.start(cell);
      const size = range(NOD.degrees, this.#nods.random(cell, 2));
      sum += size * (quintic(x / NOD.down_s) - quintic((x - NOD.down_s) / NOD.up_s));
    }
    return sum;
  }

  /** How far blinks shut the lids, 0–1. */
  #lids(t: number): number {
    let shut = 0;
    for (let cell = this.#blinks.cell(t - 1); cell <= this.#blinks.cell(t); cell++) {
      const start = this.#blinks.start(cell);
      const rate = this.#emotions.value(modulator('blink'), start);
      if (this.#blinks.random(cell, 1) >= BLINK.chance * rate) continue;
      const depth = BLINK.depth + BLINK.depth_spread * (2 * this.#blinks.random(cell, 3) - 1);
      shut = Math.max(shut, depth * lid(t - start));
      const twice = this.#blinks.random(cell, 2) < BLINK.double_chance;
      if (twice) shut = Math.max(shut, depth * lid(t - start - BLINK.double_s));
    }
    return shut;
  }

  /** Emotion, rest and the idle movement of brows and smile. */
  #express(t: number): void {
    const { weights } = this.#frame;
    const brow = FACE.brow * (0.5 + 0.5 * this.#wander('brow', t));
    const smile = FACE.smile * (0.5 + 0.5 * this.#wander('smile', t));
    for (let i = 0; i < WEIGHTS; i++) {
      const moved = SMILE.includes(i) ? smile : INNER.includes(i) ? brow : 0;
      weights[i] = clamp((this.#state[i] ?? 0) + (REST[i] ?? 0) + moved);
    }
  }

  #eyes(blink: number): void {
    const { weights, gaze } = this.#frame;
    const [x = 0, y = 0] = gaze;
    look(x, y, weights);
    for (const i of LIDS) {
      const open = (weights[i] ?? 0) + BLINK.lid_per_degree * Math.max(-y, 0);
      weights[i] = open + (1 - open) * blink;
    }
    for (const i of WIDE) weights[i] = (weights[i] ?? 0) * (1 - blink);
    for (const i of SQUINT) weights[i] = (weights[i] ?? 0) * (1 - BLINK.squint * blink);
  }

  #modulated(name: Parameters<typeof modulator>[0]): number {
    return this.#state[modulator(name)] ?? 0;
  }

  #wander(name: NoiseName, t: number): number {
    let sum = 0;
    for (const { hz, salted, gain } of this.#noise[name]) sum += gain * valueNoise(t * hz, salted);
    return sum;
  }
}

/** How shut a lid is, x seconds after the blink began. */
function lid(x: number): number {
  const opening = clamp((x - BLINK.close_s - BLINK.hold_s) / BLINK.open_s);
  return quintic(x / BLINK.close_s) * (1 - opening * (2 - opening));
}

function mix(a: number, b: number, share: number): number {
  return a + (b - a) * share;
}

function range(ends: readonly number[], u: number): number {
  const [low = 0, high = 0] = ends;
  return low + (high - low) * u;
}

function octaves(seed: number): Record<NoiseName, readonly Octave[]> {
  const rows = Object.entries(table.noise).map(([name, { hz, octaves: count, stream }]) => {
    const gains = Array.from({ length: count }, (_, k) => OCTAVE.gain ** k);
    const total = gains.reduce((a, b) => a + b);
    return [
      name,
      gains.map((gain, k) => ({
        hz: hz * OCTAVE.pitch ** k,
        salted: salt(seed, stream + OCTAVE.stream * k),
        gain: gain / total,
      })),
    ];
  });
  return Object.fromEntries(rows) as Record<NoiseName, readonly Octave[]>;
}
