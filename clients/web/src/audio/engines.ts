/** Where the player runs: in an audio worklet, or in the page where there are no worklets. */
import { PlayerHost } from './PlayerHost';
import { PLAYER_NODE, type PlayerCommand, type PlayerEvent } from './player-messages';

export interface PlayerEngine {
  readonly node: AudioNode;
  send(command: PlayerCommand): void;
}

/** Length of a block in the page, frames: short enough for a lively flush, long enough for a busy page. */
const PAGE_BLOCK = 1024;

/** @throws {Error} when the worklet's file cannot be had */
export async function workletEngine(
  context: AudioContext,
  url: string,
  hear: (event: PlayerEvent) => void,
): Promise<PlayerEngine> {
  await context.audioWorklet.addModule(url);
  const node = new AudioWorkletNode(context, PLAYER_NODE, { numberOfInputs: 0, outputChannelCount: [1] });
  node.port.onmessage = (event: MessageEvent<PlayerEvent>) => hear(event.data);
  return { node, send: (command) => node.port.postMessage(command, transfers(command)) };
}

/** For pages on plain http in a local network: browsers keep worklets for secure pages, so the old way remains. */
export function pageEngine(context: AudioContext, hear: (event: PlayerEvent) => void): PlayerEngine {
  const host = new PlayerHost(context.sampleRate, hear);
  const node = context.createScriptProcessor(PAGE_BLOCK, 0, 1);
  node.onaudioprocess = ({ outputBuffer, playbackTime }) => {
    host.render([outputBuffer.getChannelData(0)], playbackTime);
  };
  return { node, send: (command) => host.obey(command) };
}

function transfers(command: PlayerCommand): Transferable[] {
  return command.type === 'audio' ? [command.samples.buffer] : [];
}
