/** The control half of the wire protocol: JSON messages, one object each, told apart by `type`. */

export interface EmotionState {
  readonly name: string;
  /** 0–1 */
  readonly intensity: number;
}

export interface ResumePoint {
  readonly turn: number;
  readonly seq: number;
}

/** One spoken word: text as it stands in the caller's text, then ms on the turn's audio clock. */
export type WordTuple = readonly [text: string, startMs: number, endMs: number];

export interface AvatarInfo {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly asset_url: string | null;
  readonly portrait_url: string | null;
  readonly fps: number;
  readonly channels: number;
}

export type VideoCodec = 'vp8' | 'webp' | 'jpeg';

/** Pictures made on the server; what is left out is for the server to choose. All numbers are upper bounds. */
export interface VideoWish {
  /** What can be decoded, best first. */
  readonly codecs: readonly VideoCodec[];
  /** Pixels a side. */
  readonly width?: number;
  readonly fps?: number;
  /** 1000 bit/s. */
  readonly kbps?: number;
}

/** How much of a person the picture shows. */
export type Framing = 'face' | 'head' | 'bust';

/** Where the eyes rest: degrees to the avatar's left and up, added to where they look at every moment. */
export interface Gaze {
  readonly x: number;
  readonly y: number;
}

/** Behind the avatar: a colour, a picture's address, or null for nothing. */
export type Background = { readonly colour: string } | { readonly url: string } | null;

/** What the picture shows besides the face. */
export interface Look {
  readonly gaze: Gaze;
  readonly framing: Framing;
  readonly background: Background;
}

export interface SessionReady {
  readonly type: 'session.ready';
  readonly session: string;
  readonly role: 'driver' | 'viewer';
  readonly avatar: AvatarInfo;
  readonly voice: string | null;
  /** u32 from which both sides draw the idle motion. */
  readonly seed: number;
  readonly clock_ms: number;
  readonly emotion: EmotionState;
  readonly limits: Readonly<Record<string, number>>;
  /** Milliseconds since the epoch. */
  readonly server_time: number;
  readonly resume: ResumePoint | null;
  /** What the session was created to be drawn as on the server; null where the client draws. */
  readonly video: VideoWish | null;
  /** Fixed for the session; who draws draws it. */
  readonly look: Look;
}

/** What the pictures are from here on. */
export interface VideoChanged {
  readonly type: 'video.changed';
  readonly codec: string;
  readonly width: number;
  readonly height: number;
  readonly fps: number;
  readonly renderer: string;
}

export interface TurnStarted {
  readonly type: 'turn.started';
  readonly turn: number;
  readonly request_id: string | null;
  readonly kind: string;
  /** Session clock at pts 0 of the turn's audio. */
  readonly clock_ms: number;
  readonly sample_rate: number;
  readonly emotion: EmotionState | null;
}

export interface TurnText {
  readonly type: 'turn.text';
  readonly turn: number;
  readonly delta: string;
}

export interface TurnWords {
  readonly type: 'turn.words';
  readonly turn: number;
  readonly words: readonly WordTuple[];
}

export type TurnOutcome = 'completed' | 'interrupted' | 'failed';

export interface TurnFinished {
  readonly type: 'turn.finished';
  readonly turn: number;
  readonly request_id: string | null;
  readonly outcome: TurnOutcome;
  readonly heard_text: string;
  readonly spoken_ms: number;
  readonly timings: Readonly<Record<string, number>>;
}

export interface UserSpeech {
  readonly type: 'user.speech';
  readonly state: 'started' | 'stopped';
}

export interface UserTranscript {
  readonly type: 'user.transcript';
  readonly text: string;
  readonly final: boolean;
}

export interface EmotionChanged extends EmotionState {
  readonly type: 'emotion.changed';
}

export interface SessionNotice {
  readonly type: 'session.notice';
  readonly code: string;
  readonly detail: string;
}

export interface SessionEnded {
  readonly type: 'session.ended';
  readonly reason: string;
}

/** An RFC 9457 problem with a code of ours. */
export interface ProblemMessage {
  readonly type: 'error';
  readonly code: string;
  readonly title: string;
  readonly detail: string;
  readonly hint: string;
  readonly request_id: string | null;
  /** The whole problem: some codes have facts of their own, `quota_exceeded` the metric, its limit and when it resets. */
  readonly body: Readonly<Record<string, unknown>>;
}

export interface Pong {
  readonly type: 'pong';
  readonly t: number;
  readonly server_time: number;
}

/** A message of a newer server; it is passed over. */
export interface UnknownMessage {
  readonly type: 'unknown';
  readonly name: string;
}

export type ServerMessage =
  | SessionReady
  | TurnStarted
  | TurnText
  | TurnWords
  | TurnFinished
  | UserSpeech
  | UserTranscript
  | EmotionChanged
  | SessionNotice
  | VideoChanged
  | SessionEnded
  | ProblemMessage
  | Pong
  | UnknownMessage;

export type ClientMessage =
  | {
      readonly type: 'say';
      readonly text: string;
      readonly request_id: string;
      readonly emotion?: EmotionState;
      readonly voice_settings?: { readonly rate: number };
    }
  | { readonly type: 'chat'; readonly text: string; readonly request_id: string }
  | { readonly type: 'interrupt' }
  | { readonly type: 'emotion'; readonly name: string; readonly intensity: number }
  | { readonly type: 'played'; readonly turn: number; readonly pts_ms: number; readonly late_frames: number }
  | { readonly type: 'resume'; readonly turn: number; readonly seq: number }
  | ({ readonly type: 'video' } & VideoWish)
  | { readonly type: 'video'; readonly active: false }
  | { readonly type: 'video.key' }
  | { readonly type: 'video.seen'; readonly bytes: number }
  | { readonly type: 'ping'; readonly t: number };
