/** Notes every event of a conversation, and waits for those that are to come. */
import type { Conversation } from '../../src/conversation/Conversation';
import type { ConversationEvents } from '../../src/conversation/events';

const NAMES = [
  'ready',
  'turn-started',
  'text',
  'words',
  'turn-finished',
  'turn-played',
  'caption',
  'emotion',
  'notice',
  'ended',
  'error',
  'connection',
  'stale',
] as const satisfies readonly (keyof ConversationEvents)[];
type Name = (typeof NAMES)[number];

export class Recorder {
  readonly #events: { readonly name: Name; readonly event: unknown }[] = [];
  #changed: () => void = () => undefined;

  constructor(conversation: Conversation) {
    for (const name of NAMES) {
      conversation.on(name, (event: unknown) => {
        this.#events.push({ name, event });
        this.#changed();
      });
    }
  }

  all<K extends Name>(name: K): ConversationEvents[K][] {
    return this.#events.filter((entry) => entry.name === name).map((entry) => entry.event as ConversationEvents[K]);
  }

  async next<K extends Name>(
    name: K,
    matches: (event: ConversationEvents[K]) => boolean = () => true,
  ): Promise<ConversationEvents[K]> {
    for (;;) {
      const found = this.all(name).find(matches);
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#changed = resolve;
      });
    }
  }
}
