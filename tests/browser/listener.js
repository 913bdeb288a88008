// Hands every sample that goes to the speaker to the recorder, with its place on the audio clock.
const BLOCK = 128;
const FRAMES = 20 * BLOCK;

class Listener extends AudioWorkletProcessor {
  #start = 0;
  #kept = new Int16Array(FRAMES);
  #count = 0;

  process([[samples]]) {
    // the clock jumps when the context hands its rendering over to another thread
    if (this.#count > 0 && currentFrame !== this.#start + this.#count) this.#post();
    if (this.#count === 0) this.#start = currentFrame;
    for (let index = 0; index < BLOCK; index++) this.#kept[this.#count++] = Math.round((samples?.[index] ?? 0) * 32768);
    if (this.#count === FRAMES) this.#post();
    return true;
  }

  #post() {
    this.port.postMessage([this.#start, this.#kept.slice(0, this.#count)]);
    this.#count = 0;
  }
}

registerProcessor("listener", Listener);
