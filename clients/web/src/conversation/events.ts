/** The events of a conversation. */
import type {
  EmotionState,
  SessionEnded,
  SessionNotice,
  SessionReady,
  TurnFinished,
  TurnStarted,
  TurnText,
  TurnWords,
  UserSpeech,
  UserTranscript,
  VideoChanged,
} from '../protocol/messages';
import type { ConnectionChange } from './Connection';

export interface ConversationProblem {
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  /** What to do about it; empty where nobody knows. */
  readonly hint: string;
  readonly requestId: string | null;
  /** Who found it: the server, or this client in what it received or tried. */
  readonly source: 'server' | 'client';
  /** All that the server said; some codes have facts of their own, `quota_exceeded` the metric and its limit. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface StaleItem {
  readonly turn: number;
  readonly kind: number;
  readonly seq: number;
}

export interface ConversationEvents {
  /** The session is open; comes again after each reconnect. */
  ready: SessionReady;
  'turn-started': TurnStarted;
  text: TurnText;
  words: TurnWords;
  /** The server is done with a turn. Its end may still be playing: see `turn-played`. */
  'turn-finished': TurnFinished;
  /** The last sound of a turn was heard. An interrupted turn has no such event. */
  'turn-played': { readonly turn: number; readonly ptsMs: number };
  /** Another word of the turn is being said now. */
  caption: { readonly turn: number; readonly word: number; readonly text: string };
  emotion: EmotionState;
  'user-speech': UserSpeech;
  transcript: UserTranscript;
  notice: SessionNotice;
  /** The pictures that the server makes are others from here on. */
  video: VideoChanged;
  ended: SessionEnded;
  error: ConversationProblem;
  connection: ConnectionChange;
  /** Loudness of the voice, 0–1, about 50 times a second while it sounds. */
  level: number;
  /** An item of a turn that is over was dropped. */
  stale: StaleItem;
  /** The browser holds the sound back until a gesture, or does so no longer. */
  'audio-locked': { readonly locked: boolean };
}
