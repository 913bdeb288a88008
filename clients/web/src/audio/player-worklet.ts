/** The audio worklet: a `PlayerHost` on the audio thread. */
import { PlayerHost } from './PlayerHost';
import { PLAYER_NODE, type PlayerCommand } from './player-messages';

declare const sampleRate: number;
declare const currentTime: number;
declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}
declare function registerProcessor(name: string, processor: new () => AudioWorkletProcessor): void;

class PlayerProcessor extends AudioWorkletProcessor {
  readonly #host = new PlayerHost(sampleRate, (event) => this.port.postMessage(event));

  constructor() {
    super();
    this.port.onmessage = (event: MessageEvent<PlayerCommand>) => this.#host.obey(event.data);
  }

  /** Called by the browser for each block of 128 frames. */
  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    this.#host.render(outputs[0] ?? [], currentTime);
    return !this.#host.closed;
  }
}

registerProcessor(PLAYER_NODE, PlayerProcessor);
