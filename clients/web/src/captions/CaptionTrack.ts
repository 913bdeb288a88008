/** The text of one turn with the word that is being said. */
import type { WordTuple } from '../protocol/messages';

export interface CaptionSegment {
  readonly text: string;
  /** Index of the word that this piece is; −1 for what lies between words. */
  readonly word: number;
}

export class CaptionTrack {
  readonly turn: number;
  #text = '';
  #words: WordTuple[] = [];
  /** Clauses since the last pair of media: they come again when the connection is lost before the next one. */
  #fresh: { readonly pair: number; readonly deltas: Set<string> } = { pair: -1, deltas: new Set() };
  #current = -1;

  constructor(turn: number) {
    this.turn = turn;
  }

  get text(): string {
    return this.#text;
  }

  /** Index of the word said at the last `seek`; −1 before the first. */
  get current(): number {
    return this.#current;
  }

  /** Add a clause that came after media pair `pair`. False: it came before. */
  addText(delta: string, pair: number): boolean {
    if (pair !== this.#fresh.pair) this.#fresh = { pair, deltas: new Set() };
    if (this.#fresh.deltas.has(delta)) return false;
    this.#fresh.deltas.add(delta);
    this.#text += delta;
    return true;
  }

  /** Words come clause by clause; those that came before (after a reconnect) are passed over. */
  addWords(words: readonly WordTuple[]): void {
    const until = this.#words.at(-1)?.[1] ?? -1;
    this.#words.push(...words.filter(([, startMs]) => startMs > until));
  }

  /** Go to `ptsMs` on the turn's audio clock. True when the current word is another one now. */
  seek(ptsMs: number): boolean {
    const before = this.#current;
    const forward = (this.#words[before]?.[1] ?? -1) <= ptsMs;
    let index = forward ? before : -1;
    while ((this.#words[index + 1]?.[1] ?? Infinity) <= ptsMs) index += 1;
    this.#current = index;
    return index !== before;
  }

  /** The whole text cut into words and what lies between them; what has no times yet is one piece at the end. */
  segments(): readonly CaptionSegment[] {
    const segments: CaptionSegment[] = [];
    let cursor = 0;
    this.#words.forEach(([word], index) => {
      const start = this.#text.indexOf(word, cursor);
      if (start < 0) return;
      if (start > cursor) segments.push({ text: this.#text.slice(cursor, start), word: -1 });
      cursor = start + word.length;
      segments.push({ text: word, word: index });
    });
    if (cursor < this.#text.length) segments.push({ text: this.#text.slice(cursor), word: -1 });
    return segments;
  }

  /** The segments of the line with the current word, when the text is broken into lines of about `characters`. */
  line(characters: number): readonly CaptionSegment[] {
    let line: CaptionSegment[] = [];
    let length = 0;
    for (const segment of this.segments()) {
      if (segment.word >= 0 && length + segment.text.length > characters && length > 0) {
        if (line.some(({ word }) => word >= 0 && word >= this.#current)) break;
        line = [];
        length = 0;
      }
      line.push(segment);
      length += segment.text.length;
    }
    return line;
  }
}
