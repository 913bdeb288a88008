/** Shows a caption track in an element: a line of words, the one that is being said lit up. */
import type { CaptionTrack } from './CaptionTrack';

/** Words that are shown together: about two lines. */
const LINE_CHARACTERS = 90;

export class CaptionView {
  readonly #element: HTMLElement;
  #track: CaptionTrack | null = null;
  #words = new Map<number, HTMLElement>();
  #drawn = '';

  constructor(element: HTMLElement) {
    this.#element = element;
  }

  show(track: CaptionTrack): void {
    if (track !== this.#track) this.#drawn = '';
    this.#track = track;
    this.#draw(track);
    for (const [index, word] of this.#words) {
      word.classList.toggle('said', index < track.current);
      word.classList.toggle('now', index === track.current);
    }
  }

  clear(): void {
    this.#track = null;
    this.#drawn = '';
    this.#words.clear();
    this.#element.replaceChildren();
  }

  /** Draw the line that the current word stands in, unless it is drawn already. */
  #draw(track: CaptionTrack): void {
    const line = track.line(LINE_CHARACTERS);
    const text = line.map((segment) => `${segment.word}:${segment.text}`).join('');
    if (text === this.#drawn) return;
    this.#drawn = text;
    this.#words = new Map();
    this.#element.replaceChildren(
      ...line.map((segment) => {
        if (segment.word < 0) return document.createTextNode(segment.text);
        const span = Object.assign(document.createElement('span'), {
          className: 'word',
          textContent: segment.text,
        });
        this.#words.set(segment.word, span);
        return span;
      }),
    );
  }
}
