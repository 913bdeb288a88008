/** A canvas that shows what a conversation's server draws, for pages that can't draw themselves. */
import { Emitter } from '../events/Emitter';
import { Wakefulness } from '../viewer/Wakefulness';
import type { DecodedImage } from './decoders';
import type { Picture } from './PictureQueue';

export interface PictureSource {
  pictureAt(nowMs: number): Picture<DecodedImage> | null;
}

export interface FrameViewEvents {
  /** The first picture is on the screen. */
  shown: undefined;
  /** Whether anybody can see the canvas: pictures that nobody sees need not be made. */
  awake: boolean;
}

export class FrameView extends Emitter<FrameViewEvents> {
  readonly canvas: HTMLCanvasElement;
  /** Who says what to show; null leaves the last picture. */
  source: PictureSource | null = null;
  readonly #context: CanvasRenderingContext2D | null;
  readonly #wakefulness: Wakefulness;
  #image: DecodedImage | null = null;
  #request = 0;
  #announced = false;

  constructor(container: HTMLElement) {
    super();
    this.canvas = document.createElement('canvas');
    this.canvas.className = 'pictures';
    this.#context = this.canvas.getContext('2d', { alpha: false });
    container.append(this.canvas);
    this.#wakefulness = new Wakefulness(container, (awake) => this.#wake(awake));
    this.#wakefulness.start();
  }

  get awake(): boolean {
    return this.#wakefulness.awake;
  }

  dispose(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    this.#wakefulness.stop();
    this.canvas.remove();
  }

  #wake(awake: boolean): void {
    cancelAnimationFrame(this.#request);
    this.#request = awake ? requestAnimationFrame(this.#frame) : 0;
    this.emit('awake', awake);
  }

  readonly #frame = (): void => {
    this.#request = requestAnimationFrame(this.#frame);
    const picture = this.source?.pictureAt(performance.now()) ?? null;
    if (picture === null || picture.image === this.#image) return;
    this.#image = picture.image;
    this.#draw(picture.image);
    if (!this.#announced) {
      this.#announced = true;
      this.emit('shown', undefined);
    }
  };

  #draw(image: DecodedImage): void {
    const width = 'displayWidth' in image ? image.displayWidth : image.width;
    const height = 'displayHeight' in image ? image.displayHeight : image.height;
    if (this.canvas.width !== width || this.canvas.height !== height) Object.assign(this.canvas, { width, height });
    this.#context?.drawImage(image, 0, 0);
  }
}
