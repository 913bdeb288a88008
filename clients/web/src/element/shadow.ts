/** The element's shadow tree. Styles are a constructed sheet, which a strict CSP allows. */

const CSS = `
:host { display: block; position: relative; overflow: hidden; container-type: inline-size; min-height: 160px; }
:host([hidden]) { display: none; }
.stage { position: absolute; inset: 0; }
.stage > canvas, .poster { -webkit-mask-image: linear-gradient(#000 82%, transparent 99%);
  mask-image: linear-gradient(#000 82%, transparent 99%); }
.stage > canvas { position: absolute; inset: 0; width: 100%; height: 100%; opacity: 0; transition: opacity .18s; }
.stage > canvas.pictures { object-fit: contain; }
.poster { position: absolute; inset: 0; width: 100%; height: 100%; object-fit: contain; transition: opacity .18s; }
.poster:not([src]) { visibility: hidden; }
:host([shown]) .stage > canvas { opacity: 1; }
:host([shown]) .poster { opacity: 0; }
.status { position: absolute; inset: auto 0 auto auto; top: 12px; right: 12px; font: 500 13px/1.3 system-ui, sans-serif;
  padding: 4px 10px; border-radius: 12px; color: #fff; background: rgb(22 24 29 / .72); }
.status:empty { display: none; }
.unlock { position: absolute; left: 50%; bottom: 20%; transform: translateX(-50%); font: 600 15px/1 system-ui, sans-serif;
  padding: 12px 18px; border: 0; border-radius: 12px; color: #fff; background: #0b7d71; cursor: pointer; }
.unlock:focus-visible { outline: 3px solid currentColor; outline-offset: 2px; }
.unlock[hidden] { display: none; }
.captions { position: absolute; left: 50%; bottom: 4%; transform: translateX(-50%); width: max-content; max-width: 92%;
  box-sizing: border-box; padding: 6px 14px; border-radius: 12px; text-align: center; text-wrap: balance;
  font: 500 clamp(15px, 2.6cqi, 20px)/1.4 system-ui, sans-serif; color: var(--visavis-caption, #16181d);
  background: var(--visavis-caption-background, rgb(251 250 248 / .84)); }
.captions:empty { display: none; }
.word { opacity: .7; transition: opacity .12s; }
.word.said { opacity: 1; }
.word.now { opacity: 1; color: var(--visavis-accent, #0b6f65); }
.spoken { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: pre-wrap; }
@media (prefers-reduced-motion: reduce) { .stage > canvas, .poster, .word { transition: none; } }
`;

export interface ShadowParts {
  readonly stage: HTMLElement;
  readonly poster: HTMLImageElement;
  readonly status: HTMLElement;
  readonly unlock: HTMLButtonElement;
  readonly captions: HTMLElement;
  /** Read out by screen readers: whole clauses, not each word that lights up. */
  readonly spoken: HTMLElement;
}

export function buildShadow(host: HTMLElement): ShadowParts {
  const root = host.attachShadow({ mode: 'open' });
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(CSS);
  root.adoptedStyleSheets = [sheet];
  const stage = part('div', 'stage');
  const poster = part('img', 'poster');
  poster.alt = '';
  const status = part('div', 'status');
  status.setAttribute('role', 'status');
  const unlock = part('button', 'unlock');
  unlock.type = 'button';
  unlock.hidden = true;
  const captions = part('div', 'captions');
  captions.setAttribute('aria-hidden', 'true');
  const slot = Object.assign(document.createElement('slot'), { name: 'captions' });
  slot.append(captions);
  const spoken = part('div', 'spoken');
  spoken.setAttribute('aria-live', 'polite');
  stage.append(poster);
  root.append(stage, status, unlock, slot, spoken);
  return { stage, poster, status, unlock, captions, spoken };
}

function part<K extends keyof HTMLElementTagNameMap>(tag: K, name: string): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  element.className = name;
  element.setAttribute('part', name);
  return element;
}
