/** Payloads become images: JPEG and WebP each for itself, VP8 by WebCodecs in the order of the stream. */
import { type MediaItem, MediaKind } from '../protocol/media';

export type DecodedImage = ImageBitmap | VideoFrame;

export interface PictureDecoder {
  /** Decode `item`; false when it can't be without a key that has not come. */
  decode(item: MediaItem): boolean;
  /** Forget what is being decoded; a stream begins anew with a key. */
  reset(): void;
  close(): void;
}

export type OnImage = (item: MediaItem, image: DecodedImage) => void;

const TYPES: Readonly<Partial<Record<MediaKind, string>>> = {
  [MediaKind.jpeg]: 'image/jpeg',
  [MediaKind.webp]: 'image/webp',
};

/** Pictures that stand alone. One that is broken is passed over. */
export class StillDecoder implements PictureDecoder {
  readonly #onImage: OnImage;
  #generation = 0;

  constructor(onImage: OnImage) {
    this.#onImage = onImage;
  }

  decode(item: MediaItem): boolean {
    void this.#decode(item, this.#generation);
    return true;
  }

  reset(): void {
    this.#generation += 1;
  }

  close(): void {
    this.reset();
  }

  async #decode(item: MediaItem, generation: number): Promise<void> {
    try {
      const payload = item.payload as Uint8Array<ArrayBuffer>;
      const image = await createImageBitmap(new Blob([payload], { type: TYPES[item.kind] ?? '' }));
      if (generation === this.#generation) this.#onImage(item, image);
      else image.close();
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
    }
  }
}

/** A VP8 stream. After a hole or an error it waits for a key. */
export class StreamDecoder implements PictureDecoder {
  readonly #onImage: OnImage;
  #decoder: VideoDecoder | null = null;
  #items: MediaItem[] = [];
  #last: MediaItem | null = null;

  constructor(onImage: OnImage) {
    this.#onImage = onImage;
  }

  decode(item: MediaItem): boolean {
    const follows = this.#last !== null && item.turn === this.#last.turn && item.seq === this.#last.seq + 1;
    if (!item.key && (!follows || this.#decoder === null)) {
      this.#last = null;
      return false;
    }
    this.#last = item;
    this.#items.push(item);
    this.#open().decode(
      new EncodedVideoChunk({ type: item.key ? 'key' : 'delta', timestamp: item.ptsMs * 1000, data: item.payload }),
    );
    return true;
  }

  reset(): void {
    if (this.#decoder?.state === 'configured') this.#decoder.close();
    this.#decoder = null;
    this.#items = [];
    this.#last = null;
  }

  close(): void {
    this.reset();
  }

  #open(): VideoDecoder {
    if (this.#decoder === null) {
      const decoder = new VideoDecoder({
        output: (frame) => this.#decoded(decoder, frame),
        error: () => decoder === this.#decoder && this.reset(),
      });
      decoder.configure({ codec: 'vp8', optimizeForLatency: true });
      this.#decoder = decoder;
    }
    return this.#decoder;
  }

  /** VP8 gives its frames back in order, one for each chunk. */
  #decoded(decoder: VideoDecoder, frame: VideoFrame): void {
    const item = decoder === this.#decoder ? this.#items.shift() : undefined;
    if (item === undefined) frame.close();
    else this.#onImage(item, frame);
  }
}
