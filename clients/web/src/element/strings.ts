/** What the element itself says; a page may put its own language in. */

export interface AvatarStrings {
  readonly connecting: string;
  readonly reconnecting: string;
  readonly closed: string;
  /** The avatar was deleted, and its session ended with it. */
  readonly deleted: string;
  readonly unlock: string;
  readonly noPicture: string;
}

export const ENGLISH: AvatarStrings = {
  connecting: 'Connecting…',
  reconnecting: 'Connection lost, coming back…',
  closed: 'The conversation is over.',
  deleted: 'This avatar was deleted, so the conversation is over.',
  unlock: 'Turn sound on',
  noPicture: 'This browser cannot draw the avatar; you can still hear it.',
};
