/** The page for looking: a head of the cast alone, or a session when the address names one. */
import { EMOTIONS, FaceDirector, IdleFace } from '../src/index';

const HEADS = ['ada', 'kenji', 'amara', 'ruth', 'omar'];
const query = new URLSearchParams(location.search);
const avatar = document.querySelector('visavis-avatar');
const form = document.querySelector('form');
const stats = document.querySelector('#stats');

if (avatar !== null && form !== null) {
  const head = field<HTMLSelectElement>(form, 'head');
  const emotion = field<HTMLSelectElement>(form, 'emotion');
  head.append(...HEADS.map((name) => new Option(name)));
  emotion.append(...EMOTIONS.map((name) => new Option(name)));
  head.onchange = () => show(head.value);
  emotion.onchange = () => feel(emotion.value);
  form.onsubmit = (event) => {
    event.preventDefault();
    avatar.say(field<HTMLInputElement>(form, 'text').value, { emotion: { name: emotion.value, intensity: 0.8 } });
  };
  field<HTMLButtonElement>(form, 'stop').onclick = () => avatar.interrupt();
  for (const name of ['session', 'ticket', 'url']) {
    const value = query.get(name);
    if (value !== null) avatar.setAttribute(name, value);
  }
  show(query.get('head') ?? 'ada');
  setInterval(tell, 500);
}

function field<T extends Element>(owner: HTMLFormElement, name: string): T {
  return owner.elements.namedItem(name) as unknown as T;
}

function show(name: string): void {
  const cast = query.get('cast') ?? '/cast';
  avatar?.setAttribute('poster', `${cast}/${name}.webp`);
  avatar?.setAttribute('avatar', `${cast}/${name}.glb`);
}

/** In a session the server decides; alone, the preview's face changes here. */
function feel(name: string): void {
  if (avatar?.conversation) {
    avatar.emotion(name, 0.8);
    return;
  }
  const director = new FaceDirector({ idle: (seed) => new IdleFace(seed) });
  director.begin(7, performance.now(), { name: 'neutral', intensity: 0 });
  director.setEmotion({ name, intensity: 0.8 });
  if (avatar?.viewer) avatar.viewer.source = director;
}

function tell(): void {
  const { morphs, ...rest } = avatar?.viewer?.stats() ?? { morphs: {} };
  const shown = Object.entries(morphs).filter(([, weight]) => weight > 0.02);
  if (stats !== null)
    stats.textContent = `${JSON.stringify(rest)}\n${shown.map(([k, v]) => `${k} ${v.toFixed(2)}`).join('  ')}`;
}
