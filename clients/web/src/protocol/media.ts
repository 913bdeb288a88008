/** The binary half of the wire protocol: a 16-byte little-endian header and a payload. */

export const HEADER_BYTES = 16;
export const PROTOCOL_VERSION = 1;

export const MediaKind = {
  audioPcm16: 1,
  audioOpus: 2,
  face: 3,
  jpeg: 4,
  webp: 5,
  vp8: 6,
  h264: 7,
} as const;
export type MediaKind = (typeof MediaKind)[keyof typeof MediaKind];

const FLAG_KEY = 1;
const FLAG_LAST = 2;
const KINDS: ReadonlySet<number> = new Set(Object.values(MediaKind));

export interface MediaItem {
  readonly kind: MediaKind;
  /** The payload can be decoded without what came before it. */
  readonly key: boolean;
  /** Nothing of this kind follows in the turn. */
  readonly last: boolean;
  readonly turn: number;
  /** Milliseconds on the turn's audio clock. */
  readonly ptsMs: number;
  /** Counts from 0 within the turn, for each kind. */
  readonly seq: number;
  readonly payload: Uint8Array;
}

/** A binary message that does not follow the protocol. */
export class MediaFormatError extends Error {
  override readonly name = 'MediaFormatError';
}

/** Read one binary message. @throws {MediaFormatError} when the header is short, foreign or unknown. */
export function decodeMedia(message: ArrayBuffer): MediaItem {
  if (message.byteLength < HEADER_BYTES) {
    throw new MediaFormatError(`binary message of ${message.byteLength} bytes is shorter than its header`);
  }
  const view = new DataView(message);
  const version = view.getUint8(0);
  if (version !== PROTOCOL_VERSION) throw new MediaFormatError(`binary message of version ${version}`);
  const flags = view.getUint16(2, true);
  return {
    kind: knownKind(view.getUint8(1)),
    key: (flags & FLAG_KEY) !== 0,
    last: (flags & FLAG_LAST) !== 0,
    turn: view.getUint32(4, true),
    ptsMs: view.getUint32(8, true),
    seq: view.getUint32(12, true),
    payload: new Uint8Array(message, HEADER_BYTES),
  };
}

export function encodeMedia(item: MediaItem): ArrayBuffer {
  const message = new ArrayBuffer(HEADER_BYTES + item.payload.byteLength);
  const view = new DataView(message);
  view.setUint8(0, PROTOCOL_VERSION);
  view.setUint8(1, item.kind);
  view.setUint16(2, (item.key ? FLAG_KEY : 0) | (item.last ? FLAG_LAST : 0), true);
  view.setUint32(4, item.turn, true);
  view.setUint32(8, item.ptsMs, true);
  view.setUint32(12, item.seq, true);
  new Uint8Array(message, HEADER_BYTES).set(item.payload);
  return message;
}

/** PCM16 samples of an audio payload, little-endian on the wire. @throws {MediaFormatError} on half a sample. */
export function pcmSamples(payload: Uint8Array): Int16Array {
  if (payload.byteLength % 2 !== 0) throw new MediaFormatError('audio payload ends in half a sample');
  const samples = new Int16Array(payload.byteLength / 2);
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  for (let i = 0; i < samples.length; i++) samples[i] = view.getInt16(2 * i, true);
  return samples;
}

function knownKind(value: number): MediaKind {
  if (!KINDS.has(value)) throw new MediaFormatError(`binary message of unknown kind ${value}`);
  return value as MediaKind;
}
