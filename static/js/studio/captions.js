// Shows the line that is being said, word by word. The element itself tells screen readers each clause.

const LONGEST_LINE = 76;
const LINGER_MS = 2500;

export class Captions {
  #element;
  #fade = 0;

  constructor(element) {
    this.#element = element;
  }

  // `track`: the conversation's CaptionTrack, at the word that is being said.
  show(track) {
    clearTimeout(this.#fade);
    const line = lineOf(track.segments(), track.current);
    this.#element.replaceChildren(...line.map((segment) => word(segment, track.current)));
  }

  fade() {
    clearTimeout(this.#fade);
    this.#fade = setTimeout(() => this.#element.replaceChildren(), LINGER_MS);
  }

  clear() {
    clearTimeout(this.#fade);
    this.#element.replaceChildren();
  }
}

function word(segment, current) {
  const span = document.createElement("span");
  span.textContent = segment.text;
  if (segment.word >= 0 && segment.word < current) span.className = "is-said";
  if (segment.word === current && current >= 0) span.className = "is-now";
  return span;
}

// Lines break after a sentence, or before the word that would make them too long.
export function lineOf(segments, current) {
  let line = [];
  let length = 0;
  for (const segment of segments) {
    if (length > 0 && segment.word >= 0 && length + segment.text.length > LONGEST_LINE) {
      if (holds(line, current)) return line;
      [line, length] = [[], 0];
    }
    line.push(segment);
    length += segment.text.length;
    if (/[.!?…。！？]["”’)]*\s*$/.test(segment.text) && length > LONGEST_LINE / 3) {
      if (holds(line, current)) return line;
      [line, length] = [[], 0];
    }
  }
  return line;
}

function holds(line, current) {
  return current < 0 || line.some((segment) => segment.word === current);
}
