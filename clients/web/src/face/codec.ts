/**
 * Reads the binary face payload: `u8 fps · u8 frames · u8 channels · u8 flags`, then the frames. Frame i is a key frame
 * when i % fps is 0; any other is a delta: a byte of groups (8 sent channels each), for each touched group a byte of
 * channels, then a byte for each touched channel. The layout is described in full in `avatars/face/codec.py`.
 */
import { ARKIT, CHANNELS, channel, EYE_LOOK, look, MIRRORED } from './channels';
import { type FaceFrame, type FaceFrames, newFrame } from './frame';

export const SYMMETRIC = 1;
export const EYES_FROM_GAZE = 2;
const HEADER_BYTES = 4;
const STEPS_PER_DEGREE = 4;
const EASED_FRAMES = 6;
const WEIGHTS = ARKIT.length;

/** A payload that is not a face payload; the message says what is wrong. */
export class FaceCodecError extends Error {
  override readonly name = 'FaceCodecError';
}

const PAIRS = MIRRORED.map((name) => [channel(`${name}Left`), channel(`${name}Right`)] as const);
const SENT: readonly (readonly number[])[] = [0, 1, 2, 3].map(sentChannels);

function sentChannels(flags: number): readonly number[] {
  const leftOut = new Set<number>();
  if (flags & SYMMETRIC) for (const [, right] of PAIRS) leftOut.add(right);
  if (flags & EYES_FROM_GAZE) for (const i of EYE_LOOK) leftOut.add(i);
  return CHANNELS.map((_, i) => i).filter((i) => !leftOut.has(i));
}

/** The frames of a payload. Throws FaceCodecError when it is malformed. */
export function decodeFace(payload: Uint8Array | DataView): FaceFrames {
  const bytes =
    payload instanceof Uint8Array
      ? payload
      : new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  const { fps, count, flags } = readHeader(bytes);
  const reader = new FrameReader(bytes, flags);
  const frames: FaceFrame[] = [];
  for (let i = 0; i < count; i++) {
    if (i % fps === 0) reader.key();
    else reader.delta();
    frames.push(reader.frame());
  }
  reader.end();
  for (let i = 0; i < 3; i++) ease(frames, i);
  return { fps, frames };
}

/**
 * Turn the quarter-degree steps of a head channel into ramps, as long as the shorter of two values was held. The first
 * and the last value may have been held beyond the payload and count as held for long.
 */
function ease(frames: readonly FaceFrame[], index: number): void {
  const steps = frames.map(({ head }) => head[index] ?? 0);
  const changes = steps.flatMap((value, i) => (i > 0 && value !== steps[i - 1] ? [i] : []));
  const edges = [-EASED_FRAMES, ...changes, steps.length + EASED_FRAMES];
  for (let k = 1; k < edges.length - 1; k++) {
    const [before = 0, change = 0, after = 0] = edges.slice(k - 1, k + 2);
    const half = Math.min(change - before, after - change, EASED_FRAMES) / 2;
    const from = steps[change - 1] ?? 0;
    const by = (steps[change] ?? 0) - from;
    for (let i = Math.ceil(change - half); i < Math.floor(change + half); i++) {
      const frame = frames[i];
      if (frame !== undefined) frame.head[index] = from + (by * (i - change + 0.5 + half)) / (2 * half);
    }
  }
}

function readHeader(bytes: Uint8Array): { fps: number; count: number; flags: number } {
  const [fps, count, channels, flags] = bytes;
  if (fps === undefined || count === undefined || channels === undefined || flags === undefined)
    throw new FaceCodecError(`A face payload has a header of ${HEADER_BYTES} bytes, not ${bytes.length}.`);
  if (fps === 0) throw new FaceCodecError('fps is 0.');
  if (channels !== CHANNELS.length) throw new FaceCodecError(`${channels} channels instead of ${CHANNELS.length}.`);
  if (flags & ~(SYMMETRIC | EYES_FROM_GAZE)) throw new FaceCodecError(`Unknown flags ${flags}.`);
  return { fps, count, flags };
}

class FrameReader {
  readonly #bytes: Uint8Array;
  readonly #flags: number;
  readonly #sent: readonly number[];
  readonly #values = new Uint8Array(CHANNELS.length);
  #at = HEADER_BYTES;

  constructor(bytes: Uint8Array, flags: number) {
    this.#bytes = bytes;
    this.#flags = flags;
    this.#sent = SENT[flags] ?? [];
  }

  key(): void {
    for (const channel of this.#sent) this.#values[channel] = this.#next();
  }

  delta(): void {
    const groups = this.#next();
    const masks: number[] = [];
    for (let g = 0; g < 8; g++) masks.push(groups & (1 << g) ? this.#mask(g) : 0);
    masks.forEach((mask, g) => {
      for (let c = 0; c < 8; c++) if (mask & (1 << c)) this.#values[this.#sent[8 * g + c] ?? 0] = this.#next();
    });
  }

  /** The mask of a touched group; it names channels that exist. */
  #mask(group: number): number {
    const mask = this.#next();
    const last = 8 * group + 31 - Math.clz32(mask);
    if (mask === 0) throw new FaceCodecError('A touched group without a channel.');
    if (last >= this.#sent.length) throw new FaceCodecError(`Channel ${last} of ${this.#sent.length}.`);
    return mask;
  }

  /** The face that the bytes read so far describe. */
  frame(): FaceFrame {
    const values = this.#values;
    if (this.#flags & SYMMETRIC) for (const [left, right] of PAIRS) values[right] = values[left] ?? 0;
    const frame = newFrame();
    for (let i = 0; i < WEIGHTS; i++) frame.weights[i] = (values[i] ?? 0) / 255;
    for (let i = 0; i < 3; i++) frame.head[i] = angle(values[WEIGHTS + i] ?? 0);
    for (let i = 0; i < 2; i++) frame.gaze[i] = angle(values[WEIGHTS + 3 + i] ?? 0);
    if (this.#flags & EYES_FROM_GAZE) look(frame.gaze[0] ?? 0, frame.gaze[1] ?? 0, frame.weights);
    return frame;
  }

  end(): void {
    const rest = this.#bytes.length - this.#at;
    if (rest > 0) throw new FaceCodecError(`${rest} bytes after the last frame.`);
  }

  #next(): number {
    const value = this.#bytes[this.#at];
    if (value === undefined)
      throw new FaceCodecError(`The payload ends at byte ${this.#bytes.length}, in the middle of a frame.`);
    this.#at++;
    return value;
  }
}

function angle(byte: number): number {
  return (byte - 128) / STEPS_PER_DEGREE;
}
