/** `PlayerCore` told by messages, reporting about 50 times a second: the same in the worklet and in the page. */
import { PlayerCore } from './PlayerCore';
import type { PlayerCommand, PlayerEvent } from './player-messages';

const REPORT_S = 0.02;

export class PlayerHost {
  readonly #core: PlayerCore;
  readonly #post: (event: PlayerEvent) => void;
  #now = 0;
  #reportedAt = -Infinity;
  #closed = false;

  constructor(sampleRate: number, post: (event: PlayerEvent) => void) {
    this.#core = new PlayerCore(sampleRate);
    this.#post = post;
    this.#core.onEnded = (ended) => post({ type: 'ended', ...ended, contextTime: this.#now });
  }

  get closed(): boolean {
    return this.#closed;
  }

  obey(command: PlayerCommand): void {
    if (command.type === 'close') this.#closed = true;
    else if (command.type === 'flush') this.#core.flush(command.throughTurn);
    else if (command.type === 'finish') this.#core.finish(command.turn);
    else if (!this.#core.enqueue(command.turn, command.ptsMs, command.samples, command.last)) {
      this.#post({ type: 'refused', turn: command.turn });
    }
  }

  /** Fill every channel with the block that sounds at `contextTime` (s). */
  render(channels: readonly Float32Array[], contextTime: number): void {
    const [left, ...others] = channels;
    if (left === undefined) return;
    this.#now = contextTime;
    if (contextTime - this.#reportedAt >= REPORT_S) this.#report();
    this.#core.render(left);
    for (const other of others) other.set(left);
  }

  #report(): void {
    this.#reportedAt = this.#now;
    this.#post({ type: 'report', contextTime: this.#now, ...this.#core.report() });
  }
}
