/** Watches videos being made, over a websocket that comes back by itself with a new ticket. */
import { Backoff, type BackoffOptions } from '../conversation/Backoff';
import type { ConnectionState } from '../conversation/Connection';
import { closeName, closeVerdict } from '../conversation/closeCodes';
import { Heartbeat, type HeartbeatOptions } from '../conversation/Heartbeat';
import { letGo, type Socket, type SocketClass } from '../conversation/Socket';
import { Emitter } from '../events/Emitter';
import { parseVideoNews, type VideoNews, type VideoProgress } from './progress';

export interface VideoTicket {
  readonly url: string;
  readonly ticket: string;
}

export interface VideoWatchEvents {
  /** What is being made, at first and each time after a lost connection. What ended meanwhile is not among it. */
  ready: readonly VideoProgress[];
  progress: VideoProgress;
  deleted: { readonly video: string };
  change: { readonly state: ConnectionState; readonly code: string | null };
  /** Something came that does not follow the protocol; it was passed over. */
  invalid: Error;
}

export interface VideoWatchOptions {
  /** Gets a one-time ticket: your server asks `POST /api/v1/videos/tickets` for it. */
  readonly getTicket: () => Promise<VideoTicket>;
  readonly backoff?: BackoffOptions;
  readonly heartbeat?: HeartbeatOptions;
  /** Another WebSocket class, where the platform has none. */
  readonly webSocket?: SocketClass;
}

const ABNORMAL_CLOSE = 1006;

/** Watch until `close`. */
export function watchVideos(options: VideoWatchOptions): VideoWatch {
  const watch = new VideoWatch(options);
  watch.open();
  return watch;
}

export class VideoWatch extends Emitter<VideoWatchEvents> {
  readonly #options: VideoWatchOptions;
  readonly #backoff: Backoff;
  readonly #heartbeat: Heartbeat;
  #socket: Socket | null = null;
  #state: ConnectionState = 'connecting';
  #retry: ReturnType<typeof setTimeout> | null = null;

  constructor(options: VideoWatchOptions) {
    super();
    this.#options = options;
    this.#backoff = new Backoff({ attempts: Number.POSITIVE_INFINITY, ...options.backoff });
    this.#heartbeat = new Heartbeat(
      (message) => this.#socket?.send(JSON.stringify(message)),
      () => this.#lost(ABNORMAL_CLOSE),
      options.heartbeat,
    );
  }

  get state(): ConnectionState {
    return this.#state;
  }

  open(): void {
    void this.#dial();
  }

  close(): void {
    if (this.#state === 'closed') return;
    this.#hangUp(1000);
    this.#change('closed');
  }

  async #dial(): Promise<void> {
    try {
      const { url, ticket } = await this.#options.getTicket();
      if (this.#state === 'closed') return;
      const SocketOf = this.#options.webSocket ?? (WebSocket as unknown as SocketClass);
      const socket = new SocketOf(url, ['visavis.v1', `ticket.${ticket}`]);
      socket.onmessage = (event) => this.#receive(event.data);
      socket.onclose = (event) => this.#lost(event.code);
      socket.onerror = () => undefined; // a close event follows and says more
      this.#socket = socket;
    } catch {
      this.#lost(ABNORMAL_CLOSE);
    }
  }

  #receive(data: unknown): void {
    this.#heartbeat.heard();
    try {
      this.#tell(parseVideoNews(String(data)));
    } catch (error) {
      this.emit('invalid', error instanceof Error ? error : new Error(String(error)));
    }
  }

  #tell(news: VideoNews): void {
    if (news.type === 'ready') {
      this.#backoff.reset();
      this.#change('open');
      this.#heartbeat.start();
      this.emit('ready', news.videos);
    } else if (news.type === 'progress') this.emit('progress', news.progress);
    else if (news.type === 'deleted') this.emit('deleted', { video: news.video });
    else if (news.type === 'pong') this.#heartbeat.pong(news.t);
  }

  #lost(code: number): void {
    if (this.#state === 'closed') return;
    this.#hangUp();
    if (closeVerdict(code) === 'final' || this.#backoff.exhausted) {
      this.#change('closed', closeName(code));
      return;
    }
    this.#change('reconnecting', closeName(code));
    this.#retry = setTimeout(() => void this.#dial(), this.#backoff.next());
  }

  #hangUp(code?: number): void {
    this.#heartbeat.stop();
    if (this.#retry !== null) clearTimeout(this.#retry);
    this.#retry = null;
    letGo(this.#socket, code);
    this.#socket = null;
  }

  #change(state: ConnectionState, code: string | null = null): void {
    this.#state = state;
    this.emit('change', { state, code });
  }
}
