/** A server that speaks the wire protocol over a real websocket, for tests of the client. */
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer, WebSocket as WsSocket } from 'ws';
import type { SocketClass } from '../../src/conversation/Socket';
import { encodeMedia, type MediaItem, MediaKind } from '../../src/protocol/media';

export const NodeSocket = WsSocket as unknown as SocketClass;

export type Received = { readonly type: string } & Readonly<Record<string, unknown>>;

/** One client that has come to the server. */
export class FakeClient {
  readonly received: Received[] = [];
  readonly protocols: readonly string[];
  readonly path: string;
  /** The close code, once the client is gone. */
  readonly gone: Promise<number>;
  readonly #socket: WebSocket;
  #changed: () => void = () => undefined;

  constructor(socket: WebSocket, path: string, protocols: readonly string[]) {
    this.#socket = socket;
    this.path = path;
    this.protocols = protocols;
    this.gone = new Promise((resolve) => socket.on('close', resolve));
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as Received;
      if (message.type === 'ping') this.send({ type: 'pong', t: message.t, server_time: Date.now() });
      this.received.push(message);
      this.#changed();
    });
  }

  send(message: object): void {
    this.#socket.send(JSON.stringify(message));
  }

  sendRaw(data: string | Uint8Array | ArrayBuffer): void {
    this.#socket.send(data);
  }

  ready(changes: object = {}): void {
    this.send({ ...READY, ...changes });
  }

  startTurn(turn: number, changes: object = {}): void {
    this.send({
      type: 'turn.started',
      turn,
      request_id: null,
      kind: 'say',
      clock_ms: 5000,
      sample_rate: 24000,
      ...changes,
    });
  }

  /** `ms` of a quiet tone as item `seq`. */
  audio(turn: number, seq: number, ptsMs: number, ms: number, last = false): void {
    this.media({ kind: MediaKind.audioPcm16, key: true, last, turn, ptsMs, seq, payload: tone(ms) });
  }

  media(item: MediaItem): void {
    this.#socket.send(encodeMedia(item));
  }

  close(code: number): void {
    this.#socket.close(code);
  }

  /** Cut the line without a closing handshake. */
  cut(): void {
    this.#socket.terminate();
  }

  ofType(type: string): Received[] {
    return this.received.filter((message) => message.type === type);
  }

  /** The `count`-th message of `type`, as soon as it is there. */
  async waitFor(type: string, count = 1): Promise<Received> {
    for (;;) {
      const found = this.ofType(type)[count - 1];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}

export class FakeServer {
  /** Close code for the next client, instead of letting it in. */
  refuseWith: number | null = null;
  readonly #server: WebSocketServer;
  readonly #clients: FakeClient[] = [];
  #arrived: () => void = () => undefined;

  private constructor(server: WebSocketServer) {
    this.#server = server;
    server.on('connection', (socket, request) => {
      if (this.refuseWith !== null) return socket.close(this.refuseWith);
      const protocols = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((name) => name.trim());
      this.#clients.push(new FakeClient(socket, request.url ?? '', protocols));
      this.#arrived();
    });
  }

  static async start(): Promise<FakeServer> {
    const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'visavis.v1' });
    await new Promise((resolve) => server.once('listening', resolve));
    return new FakeServer(server);
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get arrivals(): number {
    return this.#clients.length;
  }

  async client(index = 0): Promise<FakeClient> {
    for (;;) {
      const found = this.#clients[index];
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#arrived = resolve;
      });
    }
  }

  async stop(): Promise<void> {
    for (const socket of this.#server.clients) socket.terminate();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export const READY = {
  type: 'session.ready',
  session: 's1',
  role: 'driver',
  avatar: {
    id: 'a1',
    name: 'Ada',
    kind: 'head3d',
    asset_url: '/ada.glb',
    portrait_url: '/ada.webp',
    fps: 30,
    channels: 57,
  },
  voice: 'hibari-heart',
  seed: 7,
  clock_ms: 1000,
  emotion: { name: 'neutral', intensity: 0 },
  limits: { text_characters: 5000 },
  server_time: 1_760_000_000_000,
  resume: null,
  video: null,
  look: { gaze: { x: 0, y: 0 }, framing: 'head', background: null },
};

export function tone(ms: number, amplitude = 3000): Uint8Array {
  const samples = new Int16Array(ms * 24);
  for (let i = 0; i < samples.length; i++)
    samples[i] = Math.round(amplitude * Math.sin((2 * Math.PI * 220 * i) / 24000));
  return new Uint8Array(samples.buffer);
}
