/** Measures the round trip, and notices a connection that died without a word. */
import type { ClientMessage } from '../protocol/messages';

export interface HeartbeatOptions {
  readonly everyMs?: number;
  /** Silence that means death. */
  readonly deadAfterMs?: number;
}

export class Heartbeat {
  readonly #send: (message: ClientMessage) => void;
  readonly #onDead: () => void;
  readonly #everyMs: number;
  readonly #deadAfterMs: number;
  #timer: ReturnType<typeof setInterval> | null = null;
  #heardAt = 0;
  #latencyMs: number | null = null;

  constructor(
    send: (message: ClientMessage) => void,
    onDead: () => void,
    { everyMs = 5000, deadAfterMs = 15_000 }: HeartbeatOptions = {},
  ) {
    this.#send = send;
    this.#onDead = onDead;
    this.#everyMs = everyMs;
    this.#deadAfterMs = deadAfterMs;
  }

  /** Round trip of the latest ping in ms; null before the first. */
  get latencyMs(): number | null {
    return this.#latencyMs;
  }

  start(): void {
    this.stop();
    this.heard();
    this.#timer = setInterval(() => this.#beat(), this.#everyMs);
    this.#ping();
  }

  stop(): void {
    if (this.#timer !== null) clearInterval(this.#timer);
    this.#timer = null;
  }

  /** Anything at all came from the server. */
  heard(): void {
    this.#heardAt = performance.now();
  }

  pong(sentAtMs: number): void {
    this.#latencyMs = Math.max(0, performance.now() - sentAtMs);
  }

  #beat(): void {
    if (performance.now() - this.#heardAt > this.#deadAfterMs) this.#onDead();
    else this.#ping();
  }

  #ping(): void {
    this.#send({ type: 'ping', t: Math.round(performance.now() * 1000) / 1000 });
  }
}
