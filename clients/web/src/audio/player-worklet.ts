/** The audio worklet: `PlayerCore` on the audio thread, told by messages, reporting about 50 times a second. */
import { PlayerCore } from './PlayerCore';
import { PLAYER_NODE, type PlayerCommand, type PlayerEvent } from './player-messages';

declare const sampleRate: number;
declare const currentTime: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

const REPORT_S = 0.02;

class PlayerProcessor extends AudioWorkletProcessor {
  readonly #core = new PlayerCore(sampleRate);
  #reportedAt = 0;
  #closed = false;

  constructor() {
    super();
    this.#core.onEnded = (ended) => this.#post({ type: 'ended', ...ended, contextTime: currentTime });
    this.port.onmessage = (event: MessageEvent<PlayerCommand>) => this.#obey(event.data);
  }

  /** Called by the browser for each block of 128 frames. */
  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [left, ...others] = outputs[0] ?? [];
    if (left === undefined) return !this.#closed;
    if (currentTime - this.#reportedAt >= REPORT_S) this.#report();
    this.#core.render(left);
    for (const other of others) other.set(left);
    return !this.#closed;
  }

  #obey(command: PlayerCommand): void {
    if (command.type === 'close') this.#closed = true;
    else if (command.type === 'flush') this.#core.flush(command.throughTurn);
    else if (command.type === 'finish') this.#core.finish(command.turn);
    else if (!this.#core.enqueue(command.turn, command.ptsMs, command.samples, command.last)) {
      this.#post({ type: 'refused', turn: command.turn });
    }
  }

  #report(): void {
    this.#reportedAt = currentTime;
    this.#post({ type: 'report', contextTime: currentTime, ...this.#core.report() });
  }

  #post(event: PlayerEvent): void {
    this.port.postMessage(event);
  }
}

registerProcessor(PLAYER_NODE, PlayerProcessor);
