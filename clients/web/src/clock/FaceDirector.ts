/** Decides which face is shown at every moment: the streamed one while a turn is heard, the idle one between turns. */
import type { Position } from '../audio/Playback';
import { blend, type FaceFrame, newFrame } from '../face';
import type { EmotionState } from '../protocol/messages';
import { TurnFaces } from './TurnFaces';

/** Idle motion as a function of the session clock; `IdleFace` of `src/face`. */
export interface IdleMotion {
  setEmotion(name: string, intensity: number, atMs: number): void;
  frame(tMs: number): FaceFrame;
}

/** Whatever can say how the face looks now. The frame is valid until the next call. */
export interface FaceSource {
  faceAt(nowMs: number): FaceFrame;
}

export interface FaceDirectorOptions {
  /** Makes the idle motion of a seed. */
  readonly idle: (seed: number) => IdleMotion;
  /** What is heard at a time of `performance.now()`. */
  readonly position?: (nowMs: number) => Position | null;
  /** How far the face runs ahead of the sound, ms. */
  readonly leadMs?: number;
}

const FADE_MS = 150;
const IDLE = 0;

export class FaceDirector implements FaceSource {
  readonly #makeIdle: (seed: number) => IdleMotion;
  readonly #position: (nowMs: number) => Position | null;
  readonly #leadMs: number;
  readonly #turns = new Map<number, TurnFaces>();
  readonly #shown = newFrame();
  readonly #before = newFrame();
  readonly #streamed = newFrame();
  #idle: IdleMotion | null = null;
  #seed = -1;
  #clock = { atMs: 0, sessionMs: 0 };
  #mood: EmotionState = { name: 'neutral', intensity: 0 };
  #source = IDLE;
  #fadeFrom = -Infinity;
  #shownPtsMs = -Infinity;

  constructor({ idle, position = () => null, leadMs = 30 }: FaceDirectorOptions) {
    this.#makeIdle = idle;
    this.#position = position;
    this.#leadMs = leadMs;
  }

  /** The turn whose face is shown; 0 while idle. */
  get turn(): number {
    return this.#source;
  }

  /** Begin, or go on after a reconnect: a turn that is heard keeps its clock. */
  begin(seed: number, clockMs: number, emotion: EmotionState, nowMs = performance.now()): void {
    if (seed !== this.#seed) {
      this.#idle = this.#makeIdle(seed);
      this.#seed = seed;
    }
    if (this.#source === IDLE) this.#clock = { atMs: nowMs, sessionMs: clockMs };
    this.setEmotion(emotion, nowMs);
  }

  /** What the face feels from now on, between turns. */
  setEmotion(emotion: EmotionState, nowMs = performance.now()): void {
    this.#mood = emotion;
    this.#feel(emotion, this.sessionMs(nowMs));
  }

  startTurn(turn: number, clockMs: number, emotion: EmotionState | null): void {
    if (!this.#turns.has(turn)) this.#turns.set(turn, new TurnFaces(clockMs, emotion));
  }

  /** Add frames of a turn that was started; those of another turn are passed over. */
  addFaces(turn: number, ptsMs: number, fps: number, frames: readonly FaceFrame[]): void {
    this.#turns.get(turn)?.add(ptsMs, fps, frames, turn === this.#source ? this.#shownPtsMs : -Infinity);
  }

  /** Forget `throughTurn` and all older turns. */
  flush(throughTurn: number): void {
    for (const turn of this.#turns.keys()) if (turn <= throughTurn) this.#turns.delete(turn);
  }

  lateFrames(turn: number): number {
    return this.#turns.get(turn)?.lateFrames ?? 0;
  }

  /** The session clock at `nowMs`, in ms since the session was created. */
  sessionMs(nowMs: number): number {
    return this.#clock.sessionMs + (nowMs - this.#clock.atMs);
  }

  faceAt(nowMs: number): FaceFrame {
    const position = this.#position(nowMs);
    const turn = this.#turnAt(position);
    if (turn !== this.#source) this.#change(turn, nowMs);
    const live = position !== null && turn !== IDLE ? this.#stream(position, nowMs) : this.#rest(nowMs);
    const share = Math.min(1, (nowMs - this.#fadeFrom) / FADE_MS);
    return blend(this.#before, live, smooth(share), this.#shown);
  }

  /** A turn shows from its first face frame on; a turn without faces leaves the face idle. */
  #turnAt(position: Position | null): number {
    if (position === null) return IDLE;
    const start = this.#turns.get(position.turn)?.startMs ?? Infinity;
    return position.ptsMs + this.#leadMs >= start ? position.turn : IDLE;
  }

  #change(turn: number, nowMs: number): void {
    blend(this.#shown, this.#shown, 0, this.#before);
    this.#fadeFrom = nowMs;
    this.#source = turn;
    // The idle face under a turn shares its emotion, so that the turn's end is a change of mood and not a cut.
    this.#feel(
      this.#turns.get(turn)?.emotion ?? this.#mood,
      this.#turns.get(turn)?.clockMs ?? this.sessionMs(nowMs),
    );
    this.#shownPtsMs = -Infinity;
    for (const old of this.#turns.keys()) if (old < turn) this.#turns.delete(old);
  }

  #stream(position: Position, nowMs: number): FaceFrame {
    const faces = this.#turns.get(position.turn);
    if (faces === undefined) return this.#streamed;
    this.#shownPtsMs = position.ptsMs + this.#leadMs;
    faces.sample(this.#shownPtsMs, this.#streamed);
    this.#clock = { atMs: nowMs, sessionMs: faces.clockMs + position.ptsMs };
    return this.#streamed;
  }

  #rest(nowMs: number): FaceFrame {
    return this.#idle?.frame(this.sessionMs(nowMs) + this.#leadMs) ?? this.#streamed;
  }

  #feel({ name, intensity }: EmotionState, atMs: number): void {
    try {
      this.#idle?.setEmotion(name, intensity, atMs);
    } catch (error) {
      // an emotion of a newer server: the face keeps the one it has
      if (!(error instanceof RangeError)) throw error;
    }
  }
}

function smooth(share: number): number {
  return share * share * (3 - 2 * share);
}
