/** Which pictures this browser can decode, best first. */
import { MediaKind } from '../protocol/media';
import type { VideoCodec } from '../protocol/messages';

const KINDS: ReadonlyMap<MediaKind, VideoCodec> = new Map([
  [MediaKind.vp8, 'vp8'],
  [MediaKind.webp, 'webp'],
  [MediaKind.jpeg, 'jpeg'],
]);

/** The codec of a media kind; undefined for what is no picture, or none that is known here. */
export function codecOf(kind: MediaKind): VideoCodec | undefined {
  return KINDS.get(kind);
}

/** VP8 where the browser has WebCodecs; JPEG, which every browser has, comes last. */
export async function decodableCodecs(): Promise<readonly VideoCodec[]> {
  return (await decodesVp8()) ? ['vp8', 'jpeg'] : ['jpeg'];
}

async function decodesVp8(): Promise<boolean> {
  if (typeof VideoDecoder === 'undefined') return false;
  try {
    return (await VideoDecoder.isConfigSupported({ codec: 'vp8' })).supported === true;
  } catch {
    return false; // a browser that refuses to answer can't be relied on
  }
}
