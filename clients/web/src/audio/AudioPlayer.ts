/** Plays turns through Web Audio, in the time of its clock and under the browser's autoplay rule. */
import { Emitter } from '../events/Emitter';
import { type PlayerEngine, pageEngine, workletEngine } from './engines';
import { heardTime } from './OutputClock';
import type { Playback, PlaybackEvents, Position } from './Playback';
import { PlaybackClock } from './PlaybackClock';
import { SOURCE_RATE } from './PlayerCore';
import type { PlayerCommand, PlayerEvent } from './player-messages';

export interface AudioPlayerOptions {
  /** Share a context of the page's own; it is then not closed with the conversation. */
  readonly context?: AudioContext;
  /** Where `player-worklet.js` lies, when not beside the bundle. */
  readonly workletUrl?: string;
}

/** A context that the browser allows to sound runs well before this. */
const LOCK_NOTICE_MS = 250;
const GESTURES = ['pointerdown', 'keydown', 'touchend'] as const;

export class AudioPlayer extends Emitter<PlaybackEvents> implements Playback {
  readonly #options: AudioPlayerOptions;
  readonly #clock = new PlaybackClock();
  #context: AudioContext | null = null;
  #gain: GainNode | null = null;
  #engine: PlayerEngine | null = null;
  #waiting: PlayerCommand[] = [];
  #volume = 1;
  #locked = false;
  #closed = false;
  #silent = true;
  #flushed = 0;

  constructor(options: AudioPlayerOptions = {}) {
    super();
    this.#options = options;
  }

  open(): void {
    if (this.#context !== null || this.#closed) return;
    const context = this.#options.context ?? newContext();
    this.#context = context;
    this.#gain = new GainNode(context, { gain: this.#volume });
    this.#gain.connect(context.destination);
    context.addEventListener('statechange', this.#notice);
    void this.#load(context);
    void context.resume().catch(() => undefined); // refused until a gesture: #notice tells
    setTimeout(this.#notice, LOCK_NOTICE_MS);
  }

  enqueue(turn: number, ptsMs: number, samples: Int16Array, last: boolean): void {
    this.#send({ type: 'audio', turn, ptsMs, samples, last });
  }

  finish(turn: number): void {
    this.#send({ type: 'finish', turn });
  }

  flush(throughTurn: number): void {
    this.#flushed = Math.max(this.#flushed, throughTurn);
    this.#clock.flush(throughTurn);
    this.#send({ type: 'flush', throughTurn });
  }

  position(nowMs: number): Position | null {
    const context = this.#context;
    if (context === null) return null;
    const heardAt = heardTime(context, nowMs);
    const ended = this.#clock.takeEnded(heardAt);
    if (ended !== null) this.emit('ended', ended);
    return this.#clock.position(heardAt);
  }

  async unlock(): Promise<void> {
    this.open();
    await this.#context?.resume();
    this.#notice();
  }

  setVolume(volume: number): void {
    this.#volume = Math.min(1, Math.max(0, volume));
    if (this.#gain !== null && this.#context !== null) {
      this.#gain.gain.setTargetAtTime(this.#volume, this.#context.currentTime, 0.01);
    }
  }

  close(): void {
    this.#closed = true;
    this.#listenForGestures(false);
    this.#context?.removeEventListener('statechange', this.#notice);
    this.#send({ type: 'close' });
    this.#engine?.node.disconnect();
    this.#gain?.disconnect();
    if (this.#options.context === undefined) void this.#context?.close();
    this.#context = null;
  }

  async #load(context: AudioContext): Promise<void> {
    const engine = await this.#startEngine(context);
    if (this.#closed || this.#gain === null) return;
    engine.node.connect(this.#gain);
    this.#engine = engine;
    for (const command of this.#waiting.splice(0)) engine.send(command);
  }

  async #startEngine(context: AudioContext): Promise<PlayerEngine> {
    const hear = (event: PlayerEvent) => this.#hear(event);
    if (context.audioWorklet === undefined) return pageEngine(context, hear);
    try {
      return await workletEngine(context, this.#options.workletUrl ?? besideBundle('player-worklet.js'), hear);
    } catch (error) {
      this.emit('error', new Error(`The audio worklet could not be loaded, sound may stutter: ${String(error)}`));
      return pageEngine(context, hear);
    }
  }

  #send(command: PlayerCommand): void {
    if (this.#engine === null) this.#waiting.push(command);
    else this.#engine.send(command);
  }

  #hear(event: PlayerEvent): void {
    if (event.type === 'ended') this.#clock.ended(event, event.contextTime);
    else if (event.type === 'refused') this.#refused(event.turn);
    else {
      this.#clock.report(event, event.contextTime);
      if (event.state !== 'idle' || !this.#silent) this.emit('level', event.state === 'idle' ? 0 : event.level);
      this.#silent = event.state === 'idle';
    }
  }

  /** Audio that crossed a flush on its way is no loss. */
  #refused(turn: number): void {
    if (turn > this.#flushed) this.emit('error', new Error(`There is no room for more audio of turn ${turn}.`));
  }

  /** Tell when the lock changes; while locked, the first gesture anywhere on the page opens it. */
  readonly #notice = (): void => {
    const locked = this.#context !== null && this.#context.state !== 'running';
    if (locked === this.#locked || this.#closed) return;
    this.#locked = locked;
    this.#listenForGestures(locked);
    this.emit('locked', locked);
  };

  readonly #gesture = (): void => {
    void this.#context?.resume().catch(() => undefined);
  };

  #listenForGestures(on: boolean): void {
    for (const name of GESTURES) {
      if (on) document.addEventListener(name, this.#gesture, { capture: true, passive: true });
      else document.removeEventListener(name, this.#gesture, { capture: true });
    }
  }
}

/** A context at the voice's own rate, where the browser has it: its resampler is as good and costs us nothing. */
function newContext(): AudioContext {
  try {
    return new AudioContext({ sampleRate: SOURCE_RATE, latencyHint: 'interactive' });
  } catch {
    return new AudioContext({ latencyHint: 'interactive' });
  }
}

/** The indirection keeps bundlers from taking the file in as a data URL, which a strict CSP would refuse. */
function besideBundle(file: string): string {
  const bundle = import.meta.url;
  return new URL(file, bundle).href;
}
