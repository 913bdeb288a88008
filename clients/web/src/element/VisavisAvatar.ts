/** `<visavis-avatar>`: an avatar that a page can put anywhere, alive with `avatar` alone, talking with a session. */
import { CaptionView } from '../captions/CaptionView';
import { FaceDirector } from '../clock/FaceDirector';
import type { Conversation, SayOptions } from '../conversation/Conversation';
import { connect } from '../conversation/connect';
import type { ConversationEvents } from '../conversation/events';
import { IdleFace } from '../face';
import { decodableCodecs } from '../frames/codecs';
import { FrameView } from '../frames/FrameView';
import type { Framing, Look, SessionReady } from '../protocol/messages';
import { Viewer } from '../viewer/Viewer';
import { buildShadow, type ShadowParts } from './shadow';
import { type AvatarStrings, ENGLISH } from './strings';

/** Every event of a conversation is a DOM event of the same name; what it carries is `detail`. */
export const MIRRORED = [
  'ready',
  'turn-started',
  'text',
  'words',
  'turn-finished',
  'turn-played',
  'caption',
  'emotion',
  'user-speech',
  'transcript',
  'notice',
  'video',
  'ended',
  'error',
  'connection',
  'level',
  'stale',
  'audio-locked',
] as const satisfies readonly (keyof ConversationEvents)[];

/** How long a caption stays when its turn is over. */
const CAPTION_REST_MS = 2500;
const SMALLEST_PICTURE = 128;
const LARGEST_PICTURE = 512;
const FRAMINGS: readonly Framing[] = ['face', 'head', 'bust'];
/** `#369`, `teal`, `rgb(…)`; anything else is an address. */
const COLOUR = /^(#[\da-f]+|[a-z]+|[a-z-]+\(.*\))$/i;
const USUAL_LOOK: Look = { gaze: { x: 0, y: 0 }, framing: 'head', background: null };

export class VisavisAvatar extends HTMLElement {
  static readonly observedAttributes = ['avatar', 'poster', 'session', 'ticket', 'muted', 'framing', 'background'];

  /** Gets a new one-time ticket, so that a lost connection comes back. May be set before the element is defined. */
  declare renewTicket: (() => Promise<string>) | null;
  declare strings: AvatarStrings;
  readonly #parts: ShadowParts;
  readonly #captions: CaptionView;
  #viewer: Viewer | null = null;
  #pictures: FrameView | null = null;
  #conversation: Conversation | null = null;
  #captionTimer: ReturnType<typeof setTimeout> | undefined;
  #shownUrl = '';
  /** What the page wants, whatever the session says. */
  #wanted: Partial<Look> = {};
  #joined = '';
  #isForgotten = false;

  constructor() {
    super();
    this.renewTicket ??= null;
    this.strings ??= ENGLISH;
    this.#parts = buildShadow(this);
    this.#captions = new CaptionView(this.#parts.captions);
    this.#parts.unlock.addEventListener('click', () => void this.unlockAudio());
  }

  /** The conversation of the present session; null in a silent preview. */
  get conversation(): Conversation | null {
    return this.#conversation;
  }

  /** Framing, gaze and background: the session's, where the page did not set its own. */
  get look(): Look {
    return { ...USUAL_LOOK, ...this.#conversation?.session?.look, ...this.#attributed(), ...this.#wanted };
  }

  set look(look: Partial<Look>) {
    this.#wanted = { ...this.#wanted, ...look };
    this.#drawLook();
  }

  /** The 3D viewer; null without WebGL. */
  get viewer(): Viewer | null {
    return this.#viewer;
  }

  connectedCallback(): void {
    this.#openStage();
    this.#show(this.getAttribute('avatar'), this.getAttribute('poster'));
    this.connect();
  }

  disconnectedCallback(): void {
    this.close();
    this.#clearStage();
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (!this.isConnected || before === after) return;
    if (name === 'muted') this.#conversation?.setVolume(after === null ? 1 : 0);
    else if (name === 'framing' || name === 'background') this.#drawLook();
    else if (name === 'session' || name === 'ticket') this.connect();
    else this.#show(this.getAttribute('avatar'), this.getAttribute('poster'));
  }

  /** Join the session that the attributes name; done by itself when `session` and `ticket` are there. */
  connect(): void {
    const session = this.getAttribute('session');
    const ticket = this.getAttribute('ticket');
    if (session === null || ticket === null || this.#joined === `${session} ${ticket}`) return;
    this.close();
    this.#joined = `${session} ${ticket}`;
    this.#isForgotten = false;
    const url = this.getAttribute('url') ?? location.origin;
    const renewTicket = async () => (await this.renewTicket?.()) ?? null;
    this.#adopt(connect({ url, session, ticket, renewTicket }));
  }

  say(text: string, options?: SayOptions): string {
    return this.#live().say(text, options);
  }

  chat(text: string): string {
    return this.#live().chat(text);
  }

  interrupt(): void {
    this.#live().interrupt();
    this.#captions.clear();
  }

  emotion(name: string, intensity?: number): void {
    this.#live().emotion(name, intensity);
  }

  /** Let sound out, from within a user's gesture. */
  async unlockAudio(): Promise<void> {
    await this.#conversation?.unlockAudio();
  }

  /** Leave the session; the face stays, idle. */
  close(): void {
    this.#conversation?.close();
    this.#conversation = null;
    this.#joined = '';
    this.#captions.clear();
    this.#parts.unlock.hidden = true;
    this.#parts.status.textContent = '';
    if (this.#viewer !== null) this.#viewer.source = preview(this.getAttribute('seed'));
    this.#drawLook();
    if (this.#pictures !== null) this.#pictures.source = null;
  }

  #openStage(): void {
    if (this.getAttribute('render') === 'server') this.#openPictures();
    else this.#openViewer();
  }

  #clearStage(): void {
    this.#viewer?.dispose();
    this.#viewer = null;
    this.#pictures?.dispose();
    this.#pictures = null;
    this.#shownUrl = '';
    this.removeAttribute('shown');
  }

  #live(): Conversation {
    if (this.#conversation === null) throw new Error('<visavis-avatar> has no session to talk in.');
    return this.#conversation;
  }

  /** The server draws: for browsers without WebGL, or machines that should not be asked to. */
  #openPictures(): void {
    const pictures = new FrameView(this.#parts.stage);
    this.#pictures = pictures;
    pictures.on('shown', () => this.toggleAttribute('shown', true));
    pictures.on('awake', () => void this.#wantPictures());
  }

  /** Pictures as large as they are shown, while somebody can see them. */
  async #wantPictures(): Promise<void> {
    const codecs = await decodableCodecs();
    const conversation = this.#conversation;
    if (this.#pictures === null || conversation === null) return;
    this.#pictures.source = conversation.pictures;
    const side = Math.max(this.clientWidth, this.clientHeight) * (globalThis.devicePixelRatio || 1);
    const width = Math.min(LARGEST_PICTURE, Math.max(SMALLEST_PICTURE, Math.ceil(side)));
    conversation.pictures.want(this.#pictures.awake ? { codecs, width } : null);
  }

  #openViewer(): void {
    try {
      this.#viewer = new Viewer(this.#parts.stage);
      this.#viewer.source = preview(this.getAttribute('seed'));
      this.#viewer.on('shown', () => this.toggleAttribute('shown', true));
      this.#drawLook();
      this.#viewer.on('lost', () => this.toggleAttribute('shown', false));
      this.#viewer.on('restored', () => this.toggleAttribute('shown', true));
    } catch {
      // no WebGL: the poster stays, sound and captions go on
      this.#viewer = null;
      this.#parts.stage.title = this.strings.noPicture;
    }
  }

  #drawLook(): void {
    if (this.#viewer !== null) this.#viewer.look = this.look;
  }

  #attributed(): Partial<Look> {
    const framing = FRAMINGS.find((name) => name === this.getAttribute('framing'));
    const background = this.getAttribute('background');
    const isColour = background !== null && COLOUR.test(background);
    return {
      ...(framing && { framing }),
      ...(background && { background: isColour ? { colour: background } : { url: background } }),
    };
  }

  #show(avatar: string | null, poster: string | null): void {
    if (poster !== null) this.#parts.poster.src = poster;
    if (avatar === null || avatar === this.#shownUrl || this.#viewer === null) return;
    this.#shownUrl = avatar;
    this.#viewer.load(avatar).catch((error: unknown) => {
      const detail = error instanceof Error ? error.message : String(error);
      this.#mirror('error', {
        code: 'avatar',
        title: 'The avatar cannot be shown.',
        detail,
        hint: '',
        requestId: null,
        source: 'client',
        body: {},
      });
    });
  }

  #adopt(conversation: Conversation): void {
    this.#conversation = conversation;
    if (this.hasAttribute('muted')) conversation.setVolume(0);
    this.#parts.status.textContent = this.strings.connecting;
    for (const name of MIRRORED) conversation.on(name, (event) => this.#mirror(name, event));
    conversation.on('ready', (ready) => this.#opened(conversation, ready));
    conversation.on('ended', ({ reason }) => reason === 'avatar_deleted' && this.#forgetFace());
    conversation.on('connection', ({ state }) => this.#say(state));
    conversation.on('audio-locked', ({ locked }) => this.#lock(locked));
    conversation.on('text', ({ delta }) => this.#speak(delta));
    conversation.on('turn-started', () => this.#captions.clear());
    conversation.on('caption', ({ turn }) => this.#caption(conversation, turn));
    conversation.on('turn-played', () => this.#restCaption());
    conversation.on('turn-finished', ({ outcome }) => outcome === 'interrupted' && this.#captions.clear());
  }

  #opened(conversation: Conversation, { avatar }: SessionReady): void {
    this.#parts.status.textContent = '';
    if (this.#viewer !== null) this.#viewer.source = conversation.face;
    this.#drawLook();
    void this.#wantPictures();
    this.#show(this.getAttribute('avatar') ?? avatar.asset_url, this.getAttribute('poster') ?? avatar.portrait_url);
  }

  /** Who was shown is not to be seen any more, neither in motion nor at rest. */
  #forgetFace(): void {
    this.#isForgotten = true;
    this.#parts.poster.removeAttribute('src');
    this.#captions.clear();
    this.#clearStage();
    this.#openStage();
  }

  #say(state: string): void {
    const text = {
      connecting: this.strings.connecting,
      reconnecting: this.strings.reconnecting,
      closed: this.#isForgotten ? this.strings.deleted : this.strings.closed,
    };
    this.#parts.status.textContent = text[state as keyof typeof text] ?? '';
  }

  #lock(locked: boolean): void {
    this.#parts.unlock.textContent = this.strings.unlock;
    this.#parts.unlock.hidden = !locked;
  }

  #speak(delta: string): void {
    this.#parts.spoken.append(Object.assign(document.createElement('p'), { textContent: delta }));
    while (this.#parts.spoken.childElementCount > 3) this.#parts.spoken.firstElementChild?.remove();
  }

  #caption(conversation: Conversation, turn: number): void {
    clearTimeout(this.#captionTimer);
    this.#captions.show(conversation.captions(turn));
  }

  #restCaption(): void {
    clearTimeout(this.#captionTimer);
    this.#captionTimer = setTimeout(() => this.#captions.clear(), CAPTION_REST_MS);
  }

  #mirror<K extends keyof ConversationEvents>(name: K, detail: ConversationEvents[K]): void {
    this.dispatchEvent(new CustomEvent(name, { detail }));
  }
}

/** A face that lives without a session: idle motion from a seed. */
function preview(seed: string | null): FaceDirector {
  const director = new FaceDirector({ idle: (value) => new IdleFace(value) });
  const value = seed === null ? Math.floor(Math.random() * 2 ** 32) : Number(seed);
  director.begin(value >>> 0, 0, { name: 'neutral', intensity: 0 });
  return director;
}

export function defineAvatarElement(): void {
  if (customElements.get('visavis-avatar') === undefined) customElements.define('visavis-avatar', VisavisAvatar);
}

declare global {
  interface HTMLElementTagNameMap {
    'visavis-avatar': VisavisAvatar;
  }
}
