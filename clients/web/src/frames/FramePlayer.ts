/** Pictures made by the server, timed by what is heard: decodes them shortly before their moment and says what to show. */
import type { Position } from '../audio/Playback';
import { HEADER_BYTES, type MediaItem, MediaKind } from '../protocol/media';
import type { ClientMessage, VideoWish } from '../protocol/messages';
import { type DecodedImage, type OnImage, type PictureDecoder, StillDecoder, StreamDecoder } from './decoders';
import { type Picture, PictureQueue } from './PictureQueue';

/** Decoded this long before they are shown: decoders have few buffers, and pictures are large. */
const AHEAD_MS = 300;
const MOST_PENDING = 60;
const SEEN_MS = 250;
const IDLE = 0;

export interface FramePlayerOptions {
  readonly position: (nowMs: number) => Position | null;
  readonly send: (message: ClientMessage) => void;
  readonly leadMs?: number;
  /** Other decoders, where the platform has none. */
  readonly decoders?: (kind: MediaKind, onImage: OnImage) => PictureDecoder;
}

export class FramePlayer {
  readonly #options: FramePlayerOptions;
  readonly #queue = new PictureQueue<DecodedImage>();
  readonly #decoders = new Map<MediaKind, PictureDecoder>();
  #pending: MediaItem[] = [];
  #wish: VideoWish | null = null;
  #bytes = 0;
  #report: ReturnType<typeof setTimeout> | null = null;
  #floor = 0;

  constructor(options: FramePlayerOptions) {
    this.#options = options;
  }

  get wish(): VideoWish | null {
    return this.#wish;
  }

  /** Ask for pictures, or with null for no more of them. Kept over reconnects by `opened`. */
  want(wish: VideoWish | null): void {
    const before = this.#wish;
    this.#wish = wish;
    if (wish !== null) this.#options.send({ type: 'video', ...wish });
    else if (before !== null) this.#options.send({ type: 'video', active: false });
    if (wish === null) this.#forget();
  }

  /** A connection is open: the server counts bytes from 0 and knows of no wish. */
  opened(): void {
    this.#forget();
    this.#bytes = 0;
    if (this.#wish !== null) this.#options.send({ type: 'video', ...this.#wish });
  }

  take(item: MediaItem): void {
    if (this.#wish === null) return;
    this.#bytes += HEADER_BYTES + item.payload.byteLength;
    this.#report ??= setTimeout(() => this.#tell(), SEEN_MS);
    if (item.turn !== IDLE && item.turn <= this.#floor) return;
    this.#pending.push(item);
    // Nobody looks: what is old is of no use, and a stream goes on with the next key.
    if (this.#pending.length > MOST_PENDING) this.#pending = this.#pending.slice(-MOST_PENDING / 2);
  }

  /** Pictures of `turn` that came too late to be shown. */
  lateFrames(turn: number): number {
    return this.#queue.late(turn);
  }

  /** What to show at `nowMs`; null before the first picture. The image is valid until the next call. */
  pictureAt(nowMs: number): Picture<DecodedImage> | null {
    const position = this.#options.position(nowMs);
    this.#decode(position);
    return this.#queue.pick(position, this.#options.leadMs ?? 30);
  }

  /** Forget `throughTurn` and all older turns at once. */
  flush(throughTurn: number): void {
    this.#floor = Math.max(this.#floor, throughTurn);
    this.#pending = this.#pending.filter(({ turn }) => turn === IDLE || turn > throughTurn);
    this.#queue.flush(throughTurn);
  }

  close(): void {
    if (this.#report !== null) clearTimeout(this.#report);
    this.#report = null;
    for (const decoder of this.#decoders.values()) decoder.close();
    this.#decoders.clear();
    this.#forget();
    this.#queue.clear();
  }

  #forget(): void {
    this.#pending = [];
    for (const decoder of this.#decoders.values()) decoder.reset();
  }

  /** In order, as a stream needs it, up to the first picture that has time. */
  #decode(position: Position | null): void {
    let isKeyMissing = false;
    for (let item = this.#pending[0]; item !== undefined && this.#isNear(item, position); item = this.#pending[0]) {
      this.#pending.shift();
      if (!this.#decoder(item.kind).decode(item)) isKeyMissing = true;
    }
    if (isKeyMissing) this.#options.send({ type: 'video.key' });
  }

  #isNear({ turn, ptsMs }: MediaItem, position: Position | null): boolean {
    if (turn === IDLE || (position !== null && position.turn > turn)) return true;
    return ptsMs <= (position?.turn === turn ? position.ptsMs : 0) + AHEAD_MS;
  }

  #decoder(kind: MediaKind): PictureDecoder {
    const known = this.#decoders.get(kind);
    if (known !== undefined) return known;
    const onImage: OnImage = ({ turn, ptsMs }, image) => this.#queue.add({ turn, ptsMs, image });
    const made = (this.#options.decoders ?? decoderFor)(kind, onImage);
    this.#decoders.set(kind, made);
    return made;
  }

  #tell(): void {
    this.#report = null;
    this.#options.send({ type: 'video.seen', bytes: this.#bytes });
  }
}

function decoderFor(kind: MediaKind, onImage: OnImage): PictureDecoder {
  return kind === MediaKind.vp8 ? new StreamDecoder(onImage) : new StillDecoder(onImage);
}
