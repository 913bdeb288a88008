/** Shows a head in a container: loads it, lights it, and draws the face that its source gives, 60 times a second. */
import { type DirectionalLight, PerspectiveCamera, Scene, WebGLRenderer } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import type { FaceSource } from '../clock/FaceDirector';
import { FadingSource } from '../clock/FadingSource';
import { Emitter } from '../events/Emitter';
import { ARKIT } from '../face';
import type { Framing, Look } from '../protocol/messages';
import { Backdrop } from './Backdrop';
import { dressHead } from './dressing';
import { FrameMeter } from './FrameMeter';
import { frameHead, framePhoto } from './framing';
import { Glance } from './gazing';
import { HeadModel } from './HeadModel';
import { maskOf } from './photo';
import { LEVELS, type Quality, QualityGovernor } from './QualityGovernor';
import { addLamps, drawsInSoftware, openContext, prepareRenderer, studioEnvironment } from './studio';
import { thinHead } from './thinning';
import { trimHair } from './trimming';
import { Wakefulness } from './Wakefulness';

export interface ViewerEvents {
  /** The first picture of a head is on the screen. */
  shown: { readonly url: string };
  /** Loading has come this far; 0–1, or null when the size is not known. */
  progress: number | null;
  /** The picture is gone until the graphics card is back. */
  lost: undefined;
  restored: undefined;
}

export interface ViewerStats {
  readonly fps: number;
  /** Pictures drawn so far. */
  readonly frames: number;
  /** Script time of one picture, and the part of it before drawing; running means, ms. */
  readonly costMs: number;
  readonly faceMs: number;
  readonly running: boolean;
  readonly pixelRatio: number;
  readonly triangles: number;
  /** ARKit channels that the head has. */
  readonly channels: number;
  /** Shown weight of each ARKit channel. */
  readonly morphs: Readonly<Record<string, number>>;
}

/** How much of the head's sway is left when the system asks for less motion. The lips keep all of theirs. */
const CALM_SWAY = 0.3;
/** A picture that blocks the page longer than this leaves it alone for twice as long before the next one. */
const BLOCKING_MS = 50;
const REST_SHARE = 1;
const LONGEST_REST_MS = 1000;

export class Viewer extends Emitter<ViewerEvents> {
  readonly canvas: HTMLCanvasElement;
  readonly #faces = new FadingSource();
  readonly #glance = new Glance();
  readonly #backdrop: Backdrop;
  readonly #container: HTMLElement;
  readonly #renderer: WebGLRenderer;
  readonly #scene = new Scene();
  readonly #camera = new PerspectiveCamera(20, 1, 0.05, 20);
  readonly #meter = new FrameMeter();
  readonly #governor: QualityGovernor;
  readonly #key: DirectionalLight;
  readonly #calm = matchMedia('(prefers-reduced-motion: reduce)');
  readonly #resizes: ResizeObserver;
  readonly #wakefulness: Wakefulness;
  #head: HeadModel | null = null;
  #thinned: HeadModel | null = null;
  #framing: Framing = 'head';
  #fixed: Quality | null = null;
  /** Something besides the face changed. */
  #stale = true;
  #url = '';
  #announced = true;
  #lost = false;
  #request = 0;
  #restUntil = 0;

  /** @throws {Error} when the browser has no WebGL 2: show the poster instead. */
  constructor(container: HTMLElement) {
    super();
    this.#container = container;
    this.canvas = document.createElement('canvas');
    this.#renderer = new WebGLRenderer({ canvas: this.canvas, context: openContext(this.canvas) });
    this.#governor = new QualityGovernor(
      globalThis.devicePixelRatio || 1,
      drawsInSoftware(this.#renderer.getContext()),
    );
    prepareRenderer(this.#renderer);
    this.#key = addLamps(this.#scene);
    this.#scene.environment = studioEnvironment(this.#renderer);
    this.#backdrop = new Backdrop(container);
    container.append(this.canvas);
    this.canvas.addEventListener('webglcontextlost', this.#onLost);
    this.canvas.addEventListener('webglcontextrestored', this.#onRestored);
    this.#resizes = new ResizeObserver(() => this.#fit());
    this.#resizes.observe(container);
    this.#wakefulness = new Wakefulness(container, () => this.#run());
    this.#wakefulness.start();
  }

  /** Who says how the face looks; a new one takes over in a short fade. */
  get source(): FaceSource | null {
    return this.#faces.source;
  }

  set source(source: FaceSource | null) {
    this.#faces.turnTo(source, performance.now());
  }

  get look(): Look {
    return { framing: this.#framing, gaze: this.#glance.gaze, background: this.#backdrop.background };
  }

  /** Change some of framing, gaze and background; seen with the next picture. */
  set look({ framing, gaze, background }: Partial<Look>) {
    if (framing !== undefined) this.#framing = framing;
    if (gaze !== undefined) this.#glance.gaze = gaze;
    if (background !== undefined) this.#backdrop.background = background;
    this.#furnish();
    this.#fit();
  }

  /** Draw at one of `LEVELS`, 0 the best, instead of what the machine can do in time; null leaves it to the machine. */
  set level(level: number | null) {
    this.#fixed = level === null ? null : (LEVELS[level] ?? null);
    this.#fit();
  }

  /** The ARKit weights that are shown, in alphabetical order of their names. */
  get weights(): Readonly<Float32Array> {
    return this.#head?.weights ?? new Float32Array(ARKIT.length);
  }

  /** Show the head at `url` in place of the present one. @throws {Error} when it cannot be had. */
  async load(url: string): Promise<void> {
    this.#url = url;
    const progress = ({ loaded, total }: ProgressEvent) => this.emit('progress', total > 0 ? loaded / total : null);
    const { scene } = await new GLTFLoader().loadAsync(url, progress);
    const head = new HeadModel(scene, ARKIT);
    if (this.#url !== url) return head.dispose();
    dressHead(scene);
    this.#replace(head);
    await this.#renderer.compileAsync(this.#scene, this.#camera);
    if (this.#url !== url) return;
    this.#announced = false;
    this.#run();
    await trimHair(head, pause, () => this.#head === head);
    this.#stale = true;
  }

  stats(): ViewerStats {
    const weights = this.weights;
    return {
      fps: this.#meter.fps,
      frames: this.#meter.frames,
      costMs: this.#meter.costMs,
      faceMs: this.#meter.faceMs,
      running: this.#request !== 0,
      pixelRatio: this.#quality.pixelRatio,
      triangles: this.#renderer.info.render.triangles,
      channels: this.#head?.channels ?? 0,
      morphs: Object.fromEntries(ARKIT.map((name, index) => [name, weights[index] ?? 0])),
    };
  }

  dispose(): void {
    this.#url = '';
    this.#stop();
    this.#wakefulness.stop();
    this.#resizes.disconnect();
    this.canvas.removeEventListener('webglcontextlost', this.#onLost);
    this.canvas.removeEventListener('webglcontextrestored', this.#onRestored);
    this.#head?.dispose();
    this.#head = null;
    this.#scene.environment?.dispose();
    this.#renderer.dispose();
    // Browsers allow few contexts; a gallery that opens and closes viewers would run out before they are collected.
    this.#renderer.forceContextLoss();
    this.#backdrop.dispose();
    this.canvas.remove();
  }

  #replace(head: HeadModel): void {
    if (this.#head !== null) {
      this.#scene.remove(this.#head.root);
      this.#head.dispose();
    }
    this.#head = head;
    this.#scene.add(head.root);
    this.#furnish();
    this.#fit();
  }

  /** A photo's room gives way to a background, and goes on where the photo ends. */
  #furnish(): void {
    const room = this.#head?.room ?? null;
    const isOwn = this.#backdrop.background === null;
    if (room !== null) room.visible = isOwn;
    this.#backdrop.continueRoom(isOwn ? (room?.picture ?? null) : null);
  }

  get #quality(): Quality {
    return this.#fixed ?? this.#governor.quality;
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.#container;
    if (width === 0 || height === 0) return;
    const { pixelRatio, shadows, plain } = this.#quality;
    this.#head?.wear(this.#quality);
    if (plain && this.#head !== null) void this.#thin(this.#head);
    this.#key.castShadow = shadows;
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(width, height);
    this.#camera.aspect = width / height;
    if (this.#head !== null) this.#aim(this.#head);
    this.#camera.updateProjectionMatrix();
    this.#mask();
    this.#stale = true;
    if (this.#request !== 0) this.#draw();
  }

  async #thin(head: HeadModel): Promise<void> {
    if (this.#thinned === head) return;
    this.#thinned = head;
    // Where the page forbids WebAssembly, or has no such file beside this one, the head only costs more.
    await thinHead(head, pause, () => this.#head === head).catch(() => undefined);
    this.#stale = true;
  }

  #aim(head: HeadModel): void {
    const { measure, room } = head;
    const place = room === null ? frameHead : framePhoto;
    const { fov, distance, level, shift } = place(this.#camera.aspect, measure, this.#framing);
    this.#camera.fov = fov;
    const { clientWidth: width, clientHeight: height } = this.#container;
    this.#camera.setViewOffset(width, height, 0, shift * height, width, height);
    this.#camera.position.set(0, level, measure.depth + distance);
    this.#camera.lookAt(0, level, measure.depth);
  }

  #mask(): void {
    const room = this.#head?.room ?? null;
    const { style } = this.canvas;
    style.maskImage = style.webkitMaskImage = room === null ? '' : maskOf(room.edges(this.#camera));
    style.maskComposite = room === null ? '' : 'intersect';
  }

  #run(): void {
    const wanted = this.#wakefulness.awake && this.#head !== null && !this.#lost;
    if (!wanted) this.#stop();
    else if (this.#request === 0) this.#request = requestAnimationFrame(this.#frame);
  }

  #stop(): void {
    cancelAnimationFrame(this.#request);
    this.#request = 0;
    this.#meter.pause();
  }

  readonly #frame = (nowMs: number): void => {
    this.#request = requestAnimationFrame(this.#frame);
    if (nowMs < this.#restUntil) return;
    const begun = performance.now();
    const face = this.#glance.of(this.#faces.faceAt(begun));
    const changed = this.#head?.show(face, this.#calm.matches ? CALM_SWAY : 1) ?? 0;
    // What looks the same need not be drawn again, and is no slow picture either.
    if (changed === 0 && !this.#stale) {
      this.#meter.pause();
      return;
    }
    this.#stale = false;
    const step = this.#meter.begin(nowMs);
    if (step > 0 && this.#fixed === null && this.#governor.note(step)) this.#fit();
    const faced = performance.now();
    this.#draw();
    const done = performance.now();
    this.#meter.end(faced - begun, done - begun);
    this.#leaveRoom(begun);
    if (!this.#announced) this.#announce();
  };

  /** Without a graphics card most of a picture's time passes after the script, so the page's next task tells the end. */
  #leaveRoom(begun: number): void {
    this.#restUntil = Infinity;
    setTimeout(() => {
      const blocked = performance.now() - begun;
      const rest = blocked > BLOCKING_MS ? Math.min(LONGEST_REST_MS, REST_SHARE * blocked) : 0;
      this.#restUntil = begun + blocked + rest;
    });
  }

  #draw(): void {
    this.#renderer.render(this.#scene, this.#camera);
  }

  #announce(): void {
    this.#announced = true;
    this.emit('shown', { url: this.#url });
  }

  readonly #onLost = (event: Event): void => {
    event.preventDefault(); // else the browser never gives it back
    this.#lost = true;
    this.#run();
    this.emit('lost', undefined);
  };

  /** The renderer uploads models again by itself, but a texture that was drawn has to be drawn again. */
  readonly #onRestored = (): void => {
    this.#lost = false;
    this.#scene.environment = studioEnvironment(this.#renderer);
    this.#stale = true;
    this.#run();
    this.emit('restored', undefined);
  };
}

/** The page's next task. */
function pause(): Promise<void> {
  return new Promise((resume) => setTimeout(resume));
}
