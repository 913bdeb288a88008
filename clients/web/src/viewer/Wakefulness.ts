/** Whether anybody can see an element: its page is shown and it is scrolled into view. */

export class Wakefulness {
  readonly #onChange: (awake: boolean) => void;
  readonly #observer: IntersectionObserver;
  #inView = true;
  #awake = false;

  constructor(element: Element, onChange: (awake: boolean) => void) {
    this.#onChange = onChange;
    this.#observer = new IntersectionObserver((entries) => {
      this.#inView = entries.at(-1)?.isIntersecting ?? true;
      this.#update();
    });
    this.#observer.observe(element);
    document.addEventListener('visibilitychange', this.#update);
  }

  get awake(): boolean {
    return this.#awake;
  }

  /** Look once now, so that the first picture need not wait for the observer. */
  start(): void {
    this.#update();
  }

  stop(): void {
    this.#observer.disconnect();
    document.removeEventListener('visibilitychange', this.#update);
  }

  readonly #update = (): void => {
    const awake = this.#inView && document.visibilityState === 'visible';
    if (awake === this.#awake) return;
    this.#awake = awake;
    this.#onChange(awake);
  };
}
