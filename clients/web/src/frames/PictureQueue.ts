/** Decoded pictures that wait for their moment on the audio clock. Whatever is not shown is closed at once. */
import type { Position } from '../audio/Playback';

/** `ImageBitmap` and `VideoFrame` are both. */
export interface Image {
  close(): void;
}

export interface Picture<T extends Image> {
  /** 0 between turns. */
  readonly turn: number;
  /** On the turn's audio clock; between turns on the session's. */
  readonly ptsMs: number;
  readonly image: T;
}

/** Decoded pictures are large: what waits beyond this is dropped, oldest first. */
const MOST_WAITING = 24;
const IDLE = 0;

export class PictureQueue<T extends Image> {
  #waiting: Picture<T>[] = [];
  #shown: Picture<T> | null = null;
  #heard: Position | null = null;
  #floor = 0;
  #lateTurn = IDLE;
  #late = 0;

  /** How many are decoded and not yet shown. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Pictures of `turn` that came after their moment. */
  late(turn: number): number {
    return turn === this.#lateTurn ? this.#late : 0;
  }

  add(picture: Picture<T>): void {
    if (this.#isOver(picture)) picture.image.close();
    else {
      const at = this.#waiting.findLastIndex(
        (other) => other.turn === picture.turn && other.ptsMs <= picture.ptsMs,
      );
      this.#waiting.splice(at < 0 ? this.#firstOf(picture.turn) : at + 1, 0, picture);
      while (this.#waiting.length > MOST_WAITING) this.#waiting.shift()?.image.close();
    }
  }

  /** What to show while `position` is heard; null before the first picture. It is valid until the next call. */
  pick(position: Position | null, leadMs: number): Picture<T> | null {
    this.#heard = position;
    const next = this.#due(position, leadMs);
    if (next === undefined) return this.#shown;
    this.#shown?.image.close();
    this.#shown = next;
    this.#drop((other) => other === next || (other.turn === next.turn && other.ptsMs <= next.ptsMs), next);
    return next;
  }

  /** Forget `throughTurn` and all older turns; what is shown stays until something takes its place. */
  flush(throughTurn: number): void {
    this.#floor = Math.max(this.#floor, throughTurn);
    this.#drop(({ turn }) => turn !== IDLE && turn <= this.#floor);
  }

  clear(): void {
    this.#drop(() => true);
    this.#shown?.image.close();
    this.#shown = null;
  }

  /** The newest picture whose moment has come: of the turn that is heard, or, where it has none, of the rest between turns. */
  #due(position: Position | null, leadMs: number): Picture<T> | undefined {
    if (position !== null) {
      const until = position.ptsMs + leadMs;
      const found = this.#waiting.findLast(({ turn, ptsMs }) => turn === position.turn && ptsMs <= until);
      if (found !== undefined || this.#shown?.turn === position.turn) return found;
    }
    return this.#waiting.findLast(({ turn }) => turn === IDLE);
  }

  #isOver({ turn, ptsMs }: Picture<T>): boolean {
    if (turn === IDLE) return false;
    const heard = this.#heard;
    const isLate = this.#shown?.turn === turn && ptsMs < this.#shown.ptsMs;
    const isPast = heard !== null && heard.turn > turn;
    if (isLate) {
      this.#late = this.#lateTurn === turn ? this.#late + 1 : 1;
      this.#lateTurn = turn;
    }
    return isLate || isPast || turn <= this.#floor;
  }

  #firstOf(turn: number): number {
    const at = this.#waiting.findIndex((other) => other.turn === turn);
    return at < 0 ? this.#waiting.length : at;
  }

  #drop(isDropped: (picture: Picture<T>) => boolean, kept: Picture<T> | null = null): void {
    const dropped = this.#waiting.filter(isDropped);
    this.#waiting = this.#waiting.filter((picture) => !dropped.includes(picture));
    for (const picture of dropped) if (picture !== kept) picture.image.close();
  }
}
