/** A live conversation with an avatar: the object that applications hold. */
import type { Playback, Position } from '../audio/Playback';
import { CaptionTrack } from '../captions/CaptionTrack';
import { FaceDirector, type FaceSource } from '../clock/FaceDirector';
import { Emitter } from '../events/Emitter';
import { decodeFace, IdleFace } from '../face';
import { codecOf } from '../frames/codecs';
import { FramePlayer } from '../frames/FramePlayer';
import { type MediaItem, MediaKind, pcmSamples } from '../protocol/media';
import type {
  ClientMessage,
  EmotionState,
  ResumePoint,
  ServerMessage,
  SessionReady,
  TurnFinished,
} from '../protocol/messages';
import type { Connection } from './Connection';
import type { ConversationEvents } from './events';
import { PlaybackTicker } from './PlaybackTicker';
import { randomId } from './randomId';
import { TurnLedger } from './TurnLedger';

export interface SayOptions {
  readonly emotion?: EmotionState;
  /** Speed of the voice, 0.5–2; 1 when left out. */
  readonly rate?: number;
  /** Names the request in `turn-started` and in errors, at most 64 characters; made up when left out. */
  readonly requestId?: string;
}

/** How long a finished turn waits for media that is still under way. */
const SETTLE_MS = 1000;

export class Conversation extends Emitter<ConversationEvents> {
  readonly #connection: Connection;
  readonly #playback: Playback;
  readonly #turns = new TurnLedger();
  readonly #captions = new Map<number, CaptionTrack>();
  readonly #director: FaceDirector;
  readonly #ticker: PlaybackTicker;
  readonly #pictures: FramePlayer;
  #outbox: ClientMessage[] = [];
  #ready: SessionReady | null = null;

  /** Use `connect`. @internal */
  constructor(connection: Connection, playback: Playback, leadMs = 30) {
    super();
    this.#connection = connection;
    this.#playback = playback;
    const position = (nowMs: number) => playback.position(nowMs);
    this.#director = new FaceDirector({ idle: (seed) => new IdleFace(seed), position, leadMs });
    this.#ticker = new PlaybackTicker(playback, (progress) => this.#connection.send(progress));
    this.#ticker.onMove = (turn, ptsMs) => this.#followCaption(turn, ptsMs);
    this.#pictures = new FramePlayer({ position, leadMs, send: (message) => this.#connection.send(message) });
    this.#ticker.lateFrames = (turn) =>
      (this.#pictures.wish === null ? this.#director : this.#pictures).lateFrames(turn);
    this.#listen();
    playback.open();
    this.#ticker.start();
    connection.open();
  }

  /** What the server said of the session; null until it is open. */
  get session(): SessionReady | null {
    return this.#ready;
  }

  /** How the face looks at any moment, timed by what is heard. */
  get face(): FaceSource {
    return this.#director;
  }

  /** What the server draws, once asked for by `pictures.want`; timed by what is heard. */
  get pictures(): FramePlayer {
    return this.#pictures;
  }

  /** Round trip to the server in ms; null before it was measured. */
  get latencyMs(): number | null {
    return this.#connection.latencyMs;
  }

  /** What is heard at `nowMs`, a time of `performance.now()`; null between turns. */
  position(nowMs = performance.now()): Position | null {
    return this.#playback.position(nowMs);
  }

  /** The words of `turn`, to show beside the face. */
  captions(turn: number): CaptionTrack {
    const track = this.#captions.get(turn) ?? new CaptionTrack(turn);
    this.#captions.set(turn, track);
    return track;
  }

  /** Speak `text` as written. Returns the id by which the turn will name this request. */
  say(text: string, { emotion, rate, requestId = randomId() }: SayOptions = {}): string {
    const voice = rate === undefined ? {} : { voice_settings: { rate } };
    return this.#ask(
      { type: 'say', text, request_id: requestId, ...(emotion && { emotion }), ...voice },
      requestId,
    );
  }

  /** Let the persona answer `text`. */
  chat(text: string, { requestId = randomId() }: Pick<SayOptions, 'requestId'> = {}): string {
    return this.#ask({ type: 'chat', text, request_id: requestId }, requestId);
  }

  /** Silence the avatar at once, here first, and give up everything that was asked for. */
  interrupt(): void {
    this.#turns.interrupt();
    this.#silence(this.#turns.floor);
    this.#outbox = [];
    this.#send({ type: 'interrupt' });
  }

  /** @param intensity 0–1 */
  emotion(name: string, intensity = 1): void {
    this.#send({ type: 'emotion', name, intensity: Math.min(1, Math.max(0, intensity)) });
  }

  /** Let sound out, from within a user's gesture; any gesture on the page does it too. */
  unlockAudio(): Promise<void> {
    return this.#playback.unlock();
  }

  /** @param volume 0–1 */
  setVolume(volume: number): void {
    this.#playback.setVolume(volume);
  }

  /** End the session, for good. A page that is left or loses its network does not end it. */
  close(): void {
    this.#ticker.stop();
    this.#connection.close();
    this.#playback.close();
    this.#pictures.close();
  }

  /** The network is back, or the page is: do not wait for the next try. */
  wake(): void {
    this.#connection.wake();
  }

  #ask(message: ClientMessage, requestId: string): string {
    this.#turns.asked(requestId);
    this.#send(message);
    return requestId;
  }

  #send(message: ClientMessage): void {
    if (this.#connection.send(message)) return;
    if (this.#connection.state === 'closed') this.#fail('closed', 'The conversation is closed.');
    else this.#outbox.push(message);
  }

  #listen(): void {
    this.#connection.on('change', (change) => this.emit('connection', change));
    this.#connection.on('invalid', (error) => this.#fail('bad_message', error.message));
    this.#connection.on('message', (message) => this.#control(message));
    this.#connection.on('media', (item) => this.#media(item));
    this.#playback.on('level', (level) => this.emit('level', level));
    this.#playback.on('locked', (locked) => this.emit('audio-locked', { locked }));
    this.#playback.on('error', (error) => this.#fail('audio', error.message));
    this.#playback.on('ended', (ended) => {
      this.#ticker.ended(ended.turn, ended.ptsMs);
      this.emit('turn-played', ended);
    });
  }

  #control(message: ServerMessage): void {
    if ('turn' in message && message.type !== 'turn.finished' && this.#isOver(message)) return;
    if (message.type === 'session.ready') this.#opened(message);
    else if (message.type === 'turn.started') {
      this.#director.startTurn(message.turn, message.clock_ms, message.emotion);
      this.emit('turn-started', message);
    } else if (message.type === 'turn.text') {
      const isNew = this.captions(message.turn).addText(message.delta, this.#turns.lastPair(message.turn));
      if (isNew) this.emit('text', message);
    } else if (message.type === 'turn.words') {
      this.captions(message.turn).addWords(message.words);
      this.emit('words', message);
    } else if (message.type === 'turn.finished') this.#finished(message);
    else this.#announce(message);
  }

  #announce(message: ServerMessage): void {
    if (message.type === 'emotion.changed') {
      this.#director.setEmotion(message);
      this.emit('emotion', message);
    } else if (message.type === 'user.speech') this.emit('user-speech', message);
    else if (message.type === 'user.transcript') this.emit('transcript', message);
    else if (message.type === 'session.notice') this.emit('notice', message);
    else if (message.type === 'video.changed') this.emit('video', message);
    else if (message.type === 'session.ended') this.#ended(message);
    else if (message.type === 'error') {
      const { code, title, detail, hint, request_id, body } = message;
      this.emit('error', { code, title, detail, hint, requestId: request_id, source: 'server', body });
    }
  }

  /** Also notes a turn that starts, since one that was interrupted before it began is over at once. */
  #isOver(message: Extract<ServerMessage, { turn: number }>): boolean {
    if (message.type === 'turn.started' && !this.#turns.started(message)) this.#silence(message.turn);
    return this.#turns.isStale(message.turn);
  }

  #opened(ready: SessionReady): void {
    this.#ready = ready;
    this.#director.begin(ready.seed, ready.clock_ms, ready.emotion);
    this.#resume(ready.resume);
    this.#pictures.opened();
    this.emit('ready', ready);
    for (const message of this.#outbox.splice(0)) this.#connection.send(message);
  }

  /** Ask for the rest of the turn that is active on the server; one that is not any more has no rest. */
  #resume(active: ResumePoint | null): void {
    if (active?.turn !== this.#turns.newest) this.#settle(this.#turns.newest);
    if (active === null || this.#turns.isStale(active.turn)) return;
    this.#connection.send({ type: 'resume', ...this.#turns.resumePoint(active) });
  }

  #ended(message: Extract<ServerMessage, { type: 'session.ended' }>): void {
    this.emit('ended', message);
    this.#connection.close('ended', message.reason);
  }

  #finished(message: TurnFinished): void {
    if (message.outcome === 'interrupted') this.#silence(message.turn);
    else if (message.outcome === 'failed' || this.#turns.isComplete(message.turn)) this.#settle(message.turn);
    else setTimeout(() => this.#settle(message.turn), SETTLE_MS);
    this.emit('turn-finished', message);
  }

  /** Nothing more comes for `turn`: play what there is. */
  #settle(turn: number): void {
    if (this.#turns.isStale(turn)) return;
    for (const item of this.#turns.drain(turn)) this.#play(item);
    this.#playback.finish(turn);
  }

  #silence(throughTurn: number): void {
    this.#turns.end(throughTurn);
    this.#playback.flush(throughTurn);
    this.#director.flush(throughTurn);
    this.#pictures.flush(throughTurn);
  }

  #media(item: MediaItem): void {
    const isIdlePicture = item.turn === 0 && codecOf(item.kind) !== undefined;
    if (!isIdlePicture && this.#turns.isStale(item.turn)) {
      this.emit('stale', { turn: item.turn, kind: item.kind, seq: item.seq });
      return;
    }
    if (codecOf(item.kind) !== undefined) this.#pictures.take(item);
    else for (const ready of this.#turns.take(item)) this.#play(ready);
  }

  #play(item: MediaItem): void {
    try {
      if (item.kind === MediaKind.audioPcm16) {
        this.#playback.enqueue(item.turn, item.ptsMs, pcmSamples(item.payload), item.last);
      } else if (item.kind === MediaKind.face) {
        const { fps, frames } = decodeFace(item.payload);
        this.#director.addFaces(item.turn, item.ptsMs, fps, frames);
      }
    } catch (error) {
      this.#fail('bad_media', error instanceof Error ? error.message : String(error));
    }
  }

  #followCaption(turn: number, ptsMs: number): void {
    const track = this.captions(turn);
    if (track.seek(ptsMs)) this.emit('caption', { turn, word: track.current, text: track.text });
    for (const old of this.#captions.keys()) if (old < turn) this.#captions.delete(old);
  }

  #fail(code: string, detail: string): void {
    this.emit('error', { code, title: detail, detail, hint: '', requestId: null, source: 'client', body: {} });
  }
}
