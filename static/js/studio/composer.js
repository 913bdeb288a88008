// The text box: Enter speaks, Escape stops, arrow up brings the last sentence back.

export class Composer {
  #last = "";

  constructor({ say, stop, typing }) {
    this.form = document.getElementById("composer");
    this.text = document.getElementById("text");
    this.stopButton = document.getElementById("stop");
    this.status = document.getElementById("say-status");
    this.say = say;
    this.form.addEventListener("submit", (event) => this.#submit(event));
    this.text.addEventListener("keydown", (event) => this.#key(event));
    this.text.addEventListener("input", typing);
    this.stopButton.addEventListener("click", stop);
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !this.stopButton.disabled) stop();
    });
    for (const button of document.querySelectorAll("[data-say]")) {
      button.addEventListener("click", () => this.#speak(button.dataset.say));
    }
  }

  focus() {
    this.text.focus();
  }

  speaking(isSpeaking) {
    this.stopButton.disabled = !isSpeaking;
  }

  restore(text) {
    if (text && !this.text.value) this.text.value = text;
  }

  error(sentence) {
    this.#tell(sentence, "errors");
  }

  note(sentence) {
    this.#tell(sentence, "quiet");
  }

  #tell(sentence, tone) {
    this.status.className = `small ${tone}`;
    this.status.textContent = sentence;
    this.status.hidden = !sentence;
  }

  #submit(event) {
    event.preventDefault();
    this.#speak(this.text.value.trim());
  }

  #speak(text) {
    if (!text) return this.focus();
    this.#last = text;
    this.text.value = "";
    this.#tell("", "quiet");
    document.getElementById("suggestions").hidden = true;
    this.say(text);
    return this.focus();
  }

  #key(event) {
    if (event.key === "Enter" && !event.shiftKey && !event.isComposing) this.#submit(event);
    else if (event.key === "ArrowUp" && !this.text.value) {
      event.preventDefault();
      this.text.value = this.#last;
    }
  }
}
