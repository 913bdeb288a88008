/** Puts one turn's media in order: nothing twice, nothing skipped while it may still come. */
import { type MediaItem, MediaKind } from '../protocol/media';

/** Items that may wait behind a hole before the hole is given up. */
const MOST_WAITING = 64;

class Lane {
  next: number;
  finished = false;
  readonly #waiting = new Map<number, MediaItem>();

  constructor(first: number) {
    this.next = first;
  }

  /** What `item` makes ready, in order; empty when it is a repeat or early. */
  take(item: MediaItem): readonly MediaItem[] {
    if (item.seq < this.next || this.#waiting.has(item.seq)) return [];
    this.#waiting.set(item.seq, item);
    if (this.#waiting.size > MOST_WAITING) this.next = Math.min(...this.#waiting.keys());
    return this.#ready();
  }

  /** Everything that waits, hole or not. */
  drain(): readonly MediaItem[] {
    const rest: MediaItem[] = [];
    while (this.#waiting.size > 0) {
      this.next = Math.min(...this.#waiting.keys());
      rest.push(...this.#ready());
    }
    return rest;
  }

  #ready(): readonly MediaItem[] {
    const ready: MediaItem[] = [];
    for (let item = this.#waiting.get(this.next); item !== undefined; item = this.#waiting.get(this.next)) {
      this.#waiting.delete(this.next);
      this.next += 1;
      this.finished ||= item.last;
      ready.push(item);
    }
    return ready;
  }
}

export class TurnInbox {
  readonly turn: number;
  readonly #fromStart: boolean;
  readonly #lanes = new Map<MediaKind, Lane>();

  /** `fromStart`: the turn was announced, so its items count from 0; else from whichever comes first. */
  constructor(turn: number, fromStart: boolean) {
    this.turn = turn;
    this.#fromStart = fromStart;
  }

  /** Seq of the last pair of audio and face of which all came; −1 before the first. */
  get lastPair(): number {
    const audio = this.#lanes.get(MediaKind.audioPcm16);
    const face = this.#lanes.get(MediaKind.face);
    return Math.min(audio?.next ?? 0, face?.next ?? audio?.next ?? 0) - 1;
  }

  /** The last item of every kind seen so far has come. */
  get finished(): boolean {
    return this.#lanes.size > 0 && [...this.#lanes.values()].every((lane) => lane.finished);
  }

  take(item: MediaItem): readonly MediaItem[] {
    return this.#laneOf(item).take(item);
  }

  drain(): readonly MediaItem[] {
    return [...this.#lanes.values()].flatMap((lane) => lane.drain());
  }

  #laneOf(item: MediaItem): Lane {
    const lane = this.#lanes.get(item.kind) ?? new Lane(this.#fromStart ? 0 : item.seq);
    this.#lanes.set(item.kind, lane);
    return lane;
  }
}
