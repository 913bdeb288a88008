/** Turns a text message of the server into a typed one. */
import { Fields, MessageFormatError } from './Fields';
import type {
  AvatarInfo,
  Background,
  EmotionState,
  Framing,
  Look,
  ResumePoint,
  ServerMessage,
  TurnOutcome,
  TurnStarted,
  VideoCodec,
  VideoWish,
  WordTuple,
} from './messages';

type Reader = (fields: Fields) => ServerMessage;

const CODECS: readonly VideoCodec[] = ['vp8', 'webp', 'jpeg'];
const FRAMINGS: readonly Framing[] = ['face', 'head', 'bust'];
const OUTCOMES: readonly string[] = ['completed', 'interrupted', 'failed'];

const READERS: ReadonlyMap<string, Reader> = new Map<string, Reader>([
  ['session.ready', readReady],
  ['turn.started', readTurnStarted],
  ['turn.text', (f) => ({ type: 'turn.text', turn: f.number('turn'), delta: f.text('delta') })],
  ['turn.words', (f) => ({ type: 'turn.words', turn: f.number('turn'), words: f.list('words').map(readWord) })],
  ['turn.finished', readTurnFinished],
  ['user.speech', (f) => ({ type: 'user.speech', state: f.text('state') === 'started' ? 'started' : 'stopped' })],
  ['user.transcript', (f) => ({ type: 'user.transcript', text: f.text('text'), final: f.flag('final') })],
  ['emotion.changed', (f) => ({ type: 'emotion.changed', ...readEmotion(f) })],
  ['session.notice', (f) => ({ type: 'session.notice', code: f.text('code'), detail: f.text('detail', '') })],
  ['video.changed', readVideo],
  ['session.ended', (f) => ({ type: 'session.ended', reason: f.text('reason', '') })],
  ['error', readProblem],
  ['pong', (f) => ({ type: 'pong', t: f.number('t'), server_time: f.number('server_time', 0) })],
]);

/** @throws {MessageFormatError} when the text is no message, or a message without a field that it needs. */
export function parseServerMessage(text: string): ServerMessage {
  const fields = new Fields(parseJson(text));
  const name = fields.text('type');
  const read = READERS.get(name);
  return read === undefined ? { type: 'unknown', name } : read(fields);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new MessageFormatError('text message is not JSON');
  }
}

function readReady(f: Fields): ServerMessage {
  return {
    type: 'session.ready',
    session: f.text('session'),
    role: f.text('role', 'driver') === 'viewer' ? 'viewer' : 'driver',
    avatar: readAvatar(f.object('avatar')),
    voice: f.textOrNull('voice'),
    seed: f.number('seed', 0) >>> 0,
    clock_ms: f.number('clock_ms', 0),
    emotion: readEmotionOrNull(f.objectOrNull('emotion')) ?? { name: 'neutral', intensity: 0 },
    limits: f.numbers('limits'),
    server_time: f.number('server_time', 0),
    resume: readResume(f.objectOrNull('resume')),
    video: readWish(f.objectOrNull('video')),
    look: readLook(f.objectOrNull('look')),
  };
}

function readLook(f: Fields | null): Look {
  const gaze = f?.objectOrNull('gaze');
  const background = f?.objectOrNull('background');
  return {
    gaze: { x: gaze?.number('x', 0) ?? 0, y: gaze?.number('y', 0) ?? 0 },
    framing: FRAMINGS.find((framing) => framing === f?.text('framing', 'head')) ?? 'head',
    background: background ? readBackground(background) : null,
  };
}

function readBackground(f: Fields): Background {
  const colour = f.textOrNull('colour');
  const url = f.textOrNull('url');
  return colour !== null ? { colour } : url !== null ? { url } : null;
}

function readWish(f: Fields | null): VideoWish | null {
  if (f === null) return null;
  const codecs = f.list('codecs').filter((name): name is VideoCodec => CODECS.includes(name as VideoCodec));
  return { codecs, width: f.number('width'), fps: f.number('fps'), kbps: f.number('kbps') };
}

function readVideo(f: Fields): ServerMessage {
  return {
    type: 'video.changed',
    codec: f.text('codec'),
    width: f.number('width'),
    height: f.number('height'),
    fps: f.number('fps', 0),
    renderer: f.text('renderer', ''),
  };
}

function readAvatar(f: Fields): AvatarInfo {
  return {
    id: f.text('id', ''),
    name: f.text('name', ''),
    kind: f.text('kind'),
    asset_url: f.textOrNull('asset_url'),
    portrait_url: f.textOrNull('portrait_url'),
    fps: f.number('fps', 30),
    channels: f.number('channels', 57),
  };
}

function readTurnStarted(f: Fields): TurnStarted {
  return {
    type: 'turn.started',
    turn: f.number('turn'),
    request_id: f.textOrNull('request_id'),
    kind: f.text('kind', 'say'),
    clock_ms: f.number('clock_ms', 0),
    sample_rate: f.number('sample_rate', 24000),
    emotion: readEmotionOrNull(f.objectOrNull('emotion')),
  };
}

function readTurnFinished(f: Fields): ServerMessage {
  return {
    type: 'turn.finished',
    turn: f.number('turn'),
    request_id: f.textOrNull('request_id'),
    outcome: readOutcome(f.text('outcome')),
    heard_text: f.text('heard_text', ''),
    spoken_ms: f.number('spoken_ms', 0),
    timings: f.numbers('timings'),
  };
}

function readOutcome(value: string): TurnOutcome {
  if (!OUTCOMES.includes(value)) throw new MessageFormatError(`outcome ${value} is unknown`);
  return value as TurnOutcome;
}

function readProblem(f: Fields): ServerMessage {
  const code = f.text('code', 'error');
  return {
    type: 'error',
    code,
    title: f.text('title', code),
    detail: f.text('detail', ''),
    hint: f.text('hint', ''),
    request_id: f.textOrNull('request_id'),
    body: f.all,
  };
}

function readWord(value: unknown): WordTuple {
  if (!Array.isArray(value)) throw new MessageFormatError('a word is not a list');
  const [text, start, end] = value as readonly unknown[];
  if (typeof text !== 'string' || typeof start !== 'number' || typeof end !== 'number') {
    throw new MessageFormatError('a word is not [text, start_ms, end_ms]');
  }
  return [text, start, end];
}

function readEmotion(f: Fields): EmotionState {
  return { name: f.text('name'), intensity: f.number('intensity', 1) };
}

function readEmotionOrNull(f: Fields | null): EmotionState | null {
  return f === null ? null : readEmotion(f);
}

function readResume(f: Fields | null): ResumePoint | null {
  return f === null ? null : { turn: f.number('turn'), seq: f.number('seq') };
}
