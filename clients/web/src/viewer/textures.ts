/** The picture behind a texture: browsers decode it to a bitmap, older ones to an element. */

export type Picture = ImageBitmap | HTMLImageElement;

/** What a canvas can draw of a texture's image; null where there is none. */
export function pictureOf(image: unknown): Picture | null {
  if (typeof ImageBitmap !== 'undefined' && image instanceof ImageBitmap) return image;
  return typeof HTMLImageElement !== 'undefined' && image instanceof HTMLImageElement ? image : null;
}
