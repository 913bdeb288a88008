/** One live connection that outlasts its sockets: it comes back by itself with a new ticket. */
import { Emitter } from '../events/Emitter';
import { withWholeAddresses } from '../protocol/addresses';
import { decodeMedia, type MediaItem } from '../protocol/media';
import type { ClientMessage, ServerMessage } from '../protocol/messages';
import { parseServerMessage } from '../protocol/parse';
import { Backoff, type BackoffOptions } from './Backoff';
import { closeName, closeVerdict } from './closeCodes';
import { Heartbeat, type HeartbeatOptions } from './Heartbeat';
import { letGo, type Socket, type SocketClass } from './Socket';

export type ConnectionState = 'connecting' | 'open' | 'reconnecting' | 'closed';

export interface ConnectionChange {
  readonly state: ConnectionState;
  /** Tries since the connection was last open. */
  readonly attempt: number;
  readonly latencyMs: number | null;
  /** Why it closed or was lost; null while all is well. */
  readonly code: string | null;
  readonly reason: string;
}

export interface ConnectionEvents {
  message: ServerMessage;
  media: MediaItem;
  change: ConnectionChange;
  /** Something came that does not follow the protocol; it was passed over. */
  invalid: Error;
}

export interface ConnectionOptions {
  readonly url: string;
  readonly session: string;
  readonly ticket: string;
  /** Gets a new one-time ticket. Without it, or when it gives null, a lost connection stays lost. */
  readonly renewTicket?: () => Promise<string | null>;
  readonly backoff?: BackoffOptions;
  readonly heartbeat?: HeartbeatOptions;
  /** Another WebSocket class, where the platform has none. */
  readonly webSocket?: SocketClass;
}

/** Refused tickets in a row after which a new one will not help. */
const MOST_REFUSALS = 3;
const SLOW_RETRY_MS = 5000;
const NORMAL_CLOSE = 1000;
const ABNORMAL_CLOSE = 1006;

export class Connection extends Emitter<ConnectionEvents> {
  readonly #options: ConnectionOptions;
  readonly #address: string;
  readonly #backoff: Backoff;
  readonly #heartbeat: Heartbeat;
  #socket: Socket | null = null;
  #state: ConnectionState = 'connecting';
  #retry: ReturnType<typeof setTimeout> | null = null;
  #refusals = 0;

  constructor(options: ConnectionOptions) {
    super();
    this.#options = options;
    this.#address = socketAddress(options.url, options.session);
    this.#backoff = new Backoff(options.backoff);
    this.#heartbeat = new Heartbeat(
      (message) => this.send(message),
      () => this.#lost(ABNORMAL_CLOSE, 'no answer'),
      options.heartbeat,
    );
  }

  get state(): ConnectionState {
    return this.#state;
  }

  get latencyMs(): number | null {
    return this.#heartbeat.latencyMs;
  }

  open(): void {
    this.#dial(this.#options.ticket);
  }

  /** Send if the server is ready to hear; false when it is not. */
  send(message: ClientMessage): boolean {
    if (this.#state !== 'open' || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** The network is back: try now instead of when the wait is over. */
  wake(): void {
    if (this.#retry === null) return;
    this.#cancelRetry();
    void this.#redial();
  }

  /** Close for good. The server takes a normal close for the end of the session. */
  close(code = 'closed', reason = ''): void {
    if (this.#state === 'closed') return;
    this.#cancelRetry();
    this.#hangUp(NORMAL_CLOSE);
    this.#change('closed', code, reason);
  }

  #dial(ticket: string): void {
    const SocketOf = this.#options.webSocket ?? (WebSocket as unknown as SocketClass);
    const socket = new SocketOf(this.#address, ['visavis.v1', `ticket.${ticket}`]);
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => this.#receive(event.data);
    socket.onclose = (event) => this.#lost(event.code, event.reason);
    socket.onerror = () => undefined; // a close event follows and says more
    this.#socket = socket;
  }

  #receive(data: unknown): void {
    this.#heartbeat.heard();
    try {
      if (typeof data === 'string') this.#control(parseServerMessage(data));
      else if (data instanceof ArrayBuffer) this.emit('media', decodeMedia(data));
    } catch (error) {
      this.emit('invalid', error instanceof Error ? error : new Error(String(error)));
    }
  }

  #control(message: ServerMessage): void {
    if (message.type === 'session.ready') this.#opened();
    if (message.type === 'pong') {
      this.#heartbeat.pong(message.t);
      this.#change(this.#state);
    }
    this.emit('message', message.type === 'session.ready' ? withWholeAddresses(message, this.#address) : message);
  }

  #opened(): void {
    this.#backoff.reset();
    this.#refusals = 0;
    this.#change('open');
    this.#heartbeat.start();
  }

  #lost(code: number, reason: string): void {
    if (this.#state === 'closed') return;
    this.#hangUp();
    const verdict = closeVerdict(code);
    if (verdict === 'renew') this.#refusals += 1;
    const hopeless = verdict === 'final' || this.#refusals > MOST_REFUSALS || this.#backoff.exhausted;
    if (hopeless || this.#options.renewTicket === undefined) this.#change('closed', closeName(code), reason);
    else this.#retryLater(verdict === 'retry-slowly' ? SLOW_RETRY_MS : 0, closeName(code), reason);
  }

  #retryLater(leastMs: number, code: string, reason: string): void {
    const wait = Math.max(leastMs, this.#backoff.next());
    this.#change('reconnecting', code, reason);
    this.#retry = setTimeout(() => {
      this.#retry = null;
      void this.#redial();
    }, wait);
  }

  async #redial(): Promise<void> {
    try {
      const ticket = (await this.#options.renewTicket?.()) ?? null;
      if (this.#state !== 'reconnecting') return;
      if (ticket === null) this.#change('closed', closeName(ABNORMAL_CLOSE), 'no new ticket');
      else this.#dial(ticket);
    } catch (error) {
      this.#lost(ABNORMAL_CLOSE, error instanceof Error ? error.message : 'no new ticket');
    }
  }

  #hangUp(code?: number): void {
    this.#heartbeat.stop();
    letGo(this.#socket, code);
    this.#socket = null;
  }

  #cancelRetry(): void {
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #change(state: ConnectionState, code: string | null = null, reason = ''): void {
    this.#state = state;
    this.emit('change', { state, attempt: this.#backoff.attempt, latencyMs: this.latencyMs, code, reason });
  }
}

/** `https://host` → `wss://host/ws/v1/sessions/{session}`; an address of a websocket stays as it is. */
export function socketAddress(url: string, session: string): string {
  const base = typeof location === 'undefined' ? undefined : location.href;
  const address = new URL(url, base);
  address.protocol = address.protocol.replace(/^http/, 'ws');
  if (!address.pathname.includes('/ws/')) {
    address.pathname = `${address.pathname.replace(/\/$/, '')}/ws/v1/sessions/${encodeURIComponent(session)}`;
  }
  return address.href;
}
