import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Position } from '../../src/audio/Playback';
import type { DecodedImage, OnImage, PictureDecoder } from '../../src/frames/decoders';
import { FramePlayer } from '../../src/frames/FramePlayer';
import { HEADER_BYTES, type MediaItem, MediaKind } from '../../src/protocol/media';
import type { ClientMessage } from '../../src/protocol/messages';

/** Decodes at once; like a stream it refuses what follows a hole. */
class InstantDecoder implements PictureDecoder {
  readonly decoded: number[] = [];
  readonly #onImage: OnImage;
  #next = -1;

  constructor(onImage: OnImage) {
    this.#onImage = onImage;
  }

  decode(item: MediaItem): boolean {
    if (!item.key && item.seq !== this.#next) return false;
    this.#next = item.seq + 1;
    this.decoded.push(item.ptsMs);
    this.#onImage(item, { close: () => undefined } as unknown as DecodedImage);
    return true;
  }

  reset(): void {
    this.#next = -1;
  }

  close(): void {
    this.reset();
  }
}

let position: Position | null;
let sent: ClientMessage[];
let decoder: InstantDecoder;
let player: FramePlayer;

beforeEach(() => {
  vi.useFakeTimers();
  position = null;
  sent = [];
  player = new FramePlayer({
    position: () => position,
    send: (message) => sent.push(message),
    decoders: (_kind, onImage) => {
      decoder = new InstantDecoder(onImage);
      return decoder;
    },
  });
  player.want({ codecs: ['vp8', 'jpeg'], width: 256 });
});

afterEach(() => {
  player.close();
  vi.useRealTimers();
});

function vp8(turn: number, seq: number, key = seq === 0): MediaItem {
  return { kind: MediaKind.vp8, key, last: false, turn, ptsMs: seq * 40, seq, payload: new Uint8Array(84) };
}

function hear(turn: number, ptsMs: number): void {
  position = { turn, ptsMs, moving: true };
}

describe('asking', () => {
  test('it says what it wants, again after a reconnect, and when it wants no more', () => {
    const wish = { type: 'video', codecs: ['vp8', 'jpeg'], width: 256 };
    player.opened();
    player.want(null);
    player.opened();
    expect(sent).toEqual([wish, wish, { type: 'video', active: false }]);
  });

  test('it reports every byte, four times a second at most', () => {
    for (let seq = 0; seq < 10; seq++) player.take(vp8(1, seq));
    vi.advanceTimersByTime(250);
    vi.advanceTimersByTime(1000);
    player.take(vp8(1, 10));
    vi.advanceTimersByTime(250);
    const bytes = sent.flatMap((message) => (message.type === 'video.seen' ? [message.bytes] : []));
    expect(bytes).toEqual([10 * (84 + HEADER_BYTES), 11 * (84 + HEADER_BYTES)]);
  });

  test('it takes nothing that it has not asked for', () => {
    player.want(null);
    player.take(vp8(0, 0));
    expect(player.pictureAt(0)).toBeNull();
    vi.advanceTimersByTime(1000);
    expect(sent.filter(({ type }) => type === 'video.seen')).toEqual([]);
  });
});

describe('showing', () => {
  test('it decodes shortly ahead of what is heard', () => {
    for (let seq = 0; seq < 50; seq++) player.take(vp8(1, seq));
    player.pictureAt(0);
    expect(decoder.decoded.at(-1)).toBe(280);
    hear(1, 500);
    expect(player.pictureAt(0)).toMatchObject({ turn: 1, ptsMs: 520 });
    expect(decoder.decoded.at(-1)).toBe(800);
  });

  test('it shows nothing of a turn that is over', () => {
    for (let seq = 0; seq < 5; seq++) player.take(vp8(1, seq));
    player.flush(1);
    player.take(vp8(1, 5));
    hear(1, 100);
    expect(player.pictureAt(0)).toBeNull();
  });

  test('after a hole it asks for a key and goes on with it', () => {
    player.take(vp8(1, 0));
    player.take(vp8(1, 2));
    hear(1, 100);
    expect(player.pictureAt(0)?.ptsMs).toBe(0);
    expect(sent.at(-1)).toEqual({ type: 'video.key' });
    player.take(vp8(1, 3, true));
    expect(player.pictureAt(0)?.ptsMs).toBe(120);
  });

  test('it keeps no more than two seconds while nobody looks', () => {
    for (let seq = 0; seq < 500; seq++) player.take(vp8(0, seq, true));
    player.pictureAt(0);
    expect(decoder.decoded.length).toBeLessThanOrEqual(60);
    expect(decoder.decoded.at(-1)).toBe(499 * 40);
  });
});
