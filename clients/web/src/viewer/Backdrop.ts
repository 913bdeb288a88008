/** What is behind a head: nothing, a colour, a picture, or a photo's own room, blurred, where the photo itself ends. */

import type { Background } from '../protocol/messages';

/** Pixels a side of the blurred room: it is stretched over the whole stage, which blurs it more. */
const SMALL = 48;
/** Pixels that are mixed into one. */
const BLUR = 3;

export class Backdrop {
  readonly element: HTMLElement;
  readonly #room: HTMLCanvasElement;
  #background: Background = null;

  constructor(container: HTMLElement) {
    this.element = document.createElement('div');
    this.#room = document.createElement('canvas');
    Object.assign(this.element.style, { position: 'absolute', inset: '0', overflow: 'hidden' });
    Object.assign(this.#room.style, { position: 'absolute', inset: '0', width: '100%', height: '100%' });
    Object.assign(this.#room.style, { objectFit: 'cover', opacity: '1' });
    this.#room.hidden = true;
    this.element.append(this.#room);
    container.prepend(this.element);
  }

  get background(): Background {
    return this.#background;
  }

  /** A picture fills the stage, its middle kept. */
  set background(background: Background) {
    this.#background = background;
    const { style } = this.element;
    style.backgroundColor = background !== null && 'colour' in background ? background.colour : '';
    style.backgroundImage =
      background !== null && 'url' in background ? `url(${JSON.stringify(background.url)})` : '';
    style.backgroundSize = 'cover';
    style.backgroundPosition = 'center';
  }

  /** Continue a photo's room to the edges of the stage; null for none. */
  continueRoom(picture: CanvasImageSource | null): void {
    this.#room.hidden = picture === null;
    this.#room.style.display = picture === null ? 'none' : 'block';
    if (picture === null) return;
    Object.assign(this.#room, { width: SMALL, height: SMALL });
    const context = this.#room.getContext('2d');
    if (context === null) return;
    context.filter = `blur(${BLUR}px)`;
    // Drawn beyond its edges, where the blur would mix in nothing.
    context.drawImage(picture, -BLUR * 2, -BLUR * 2, SMALL + BLUR * 4, SMALL + BLUR * 4);
  }

  dispose(): void {
    this.element.remove();
  }
}
