/** Which turns count: what is announced, what is over, and how far each one has come. */
import type { MediaItem } from '../protocol/media';
import type { ResumePoint, TurnStarted } from '../protocol/messages';
import { TurnInbox } from './TurnInbox';

const TURNS_KEPT = 4;

export class TurnLedger {
  readonly #inboxes = new Map<number, TurnInbox>();
  readonly #asked = new Set<string>();
  readonly #cancelled = new Set<string>();
  #newest = 0;
  #floor = 0;

  /** The newest turn that was seen; 0 before the first. */
  get newest(): number {
    return this.#newest;
  }

  /** Turns up to here are over: nothing of them is shown or heard any more. */
  get floor(): number {
    return this.#floor;
  }

  /** What the server should go on after in the turn that it says is active: the last whole pair, −1 for none. */
  resumePoint(active: ResumePoint): ResumePoint {
    return { turn: active.turn, seq: this.lastPair(active.turn) };
  }

  /** Seq of the last pair of `turn` of which all came; −1 before the first. */
  lastPair(turn: number): number {
    return this.#inboxes.get(turn)?.lastPair ?? -1;
  }

  isStale(turn: number): boolean {
    return turn <= this.#floor;
  }

  /** A request went out that will be answered by a turn. */
  asked(requestId: string): void {
    this.#asked.add(requestId);
  }

  /** Note a turn. False: the request it answers was interrupted before the turn began, so it is over already. */
  started(turn: TurnStarted): boolean {
    const known = this.#inboxes.get(turn.turn);
    if (known === undefined) this.#open(turn.turn, true);
    const request = turn.request_id ?? '';
    this.#asked.delete(request);
    if (this.#cancelled.delete(request)) this.#floor = Math.max(this.#floor, turn.turn);
    return !this.isStale(turn.turn);
  }

  /** The items that `item` makes ready, in order. */
  take(item: MediaItem): readonly MediaItem[] {
    return (this.#inboxes.get(item.turn) ?? this.#open(item.turn, false)).take(item);
  }

  drain(turn: number): readonly MediaItem[] {
    return this.#inboxes.get(turn)?.drain() ?? [];
  }

  /** All that the server will send of `turn` is here. */
  isComplete(turn: number): boolean {
    return this.#inboxes.get(turn)?.finished ?? true;
  }

  /** End `turn` and all older ones. */
  end(turn: number): void {
    this.#floor = Math.max(this.#floor, turn);
  }

  /** End everything that was seen or asked for. */
  interrupt(): void {
    this.end(this.#newest);
    for (const request of this.#asked) this.#cancelled.add(request);
    this.#asked.clear();
  }

  #open(turn: number, fromStart: boolean): TurnInbox {
    const inbox = new TurnInbox(turn, fromStart);
    this.#inboxes.set(turn, inbox);
    this.#newest = Math.max(this.#newest, turn);
    for (const old of this.#inboxes.keys()) if (old <= this.#newest - TURNS_KEPT) this.#inboxes.delete(old);
    return inbox;
  }
}
