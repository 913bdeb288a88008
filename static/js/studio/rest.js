// A session that nobody uses costs money: it rests after a minute of silence, or soon after the tab was left.

const SILENCE_MS = 60_000;
const HIDDEN_MS = 20_000;

export class Rest {
  #timer = 0;
  #rest;

  constructor(rest) {
    this.#rest = rest;
    document.addEventListener("visibilitychange", () => {
      if (this.#timer) this.touch();
    });
  }

  // Something happened: the silence starts anew.
  touch() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#rest(), document.hidden ? HIDDEN_MS : SILENCE_MS);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#timer = 0;
  }
}
