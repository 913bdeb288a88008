/** Opens a conversation. */
import { AudioPlayer, type AudioPlayerOptions } from '../audio/AudioPlayer';
import type { Playback } from '../audio/Playback';
import { TimerPlayer } from '../audio/TimerPlayer';
import { Connection, type ConnectionOptions } from './Connection';
import { Conversation } from './Conversation';

export interface ConnectOptions extends ConnectionOptions {
  /** `off` runs captions and face without sound. */
  readonly audio?: 'on' | 'off' | AudioPlayerOptions;
  /** How far the face runs ahead of the sound, ms; 30 when left out. */
  readonly leadMs?: number;
}

/**
 * Connect to a session and return at once; `ready` tells when it is open.
 *
 * `url` is the server's address (`https://host`), `ticket` the one-time ticket that came with the session.
 */
export function connect(options: ConnectOptions): Conversation {
  const conversation = new Conversation(new Connection(options), playback(options.audio ?? 'on'), options.leadMs);
  wakeWithNetwork(conversation);
  return conversation;
}

function wakeWithNetwork(conversation: Conversation): void {
  const wake = () => conversation.wake();
  globalThis.addEventListener?.('online', wake);
  conversation.on('connection', ({ state }) => {
    if (state === 'closed') globalThis.removeEventListener?.('online', wake);
  });
}

function playback(audio: 'on' | 'off' | AudioPlayerOptions): Playback {
  if (audio === 'off' || typeof AudioContext === 'undefined') return new TimerPlayer();
  return new AudioPlayer(audio === 'on' ? {} : audio);
}
