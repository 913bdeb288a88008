/** Shows a head in a container: loads it, lights it, and draws the face that its source gives, 60 times a second. */
import { type DirectionalLight, PerspectiveCamera, Scene, WebGLRenderer } from 'three';
import { GLTFLoader } from 'three/addons/loaders/GLTFLoader.js';
import type { FaceSource } from '../clock/FaceDirector';
import { FadingSource } from '../clock/FadingSource';
import { Emitter } from '../events/Emitter';
import { ARKIT } from '../face';
import { dressHead } from './dressing';
import { FrameMeter } from './FrameMeter';
import { frameHead } from './framing';
import { HeadModel } from './HeadModel';
import { QualityGovernor } from './QualityGovernor';
import { addLamps, drawsInSoftware, openContext, prepareRenderer, studioEnvironment } from './studio';
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
const REST_SHARE = 2;
const LONGEST_REST_MS = 1000;

export class Viewer extends Emitter<ViewerEvents> {
  readonly canvas: HTMLCanvasElement;
  readonly #faces = new FadingSource();
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
    this.#governor = new QualityGovernor(globalThis.devicePixelRatio || 1, drawsInSoftware(this.#renderer));
    prepareRenderer(this.#renderer);
    this.#key = addLamps(this.#scene);
    this.#scene.environment = studioEnvironment(this.#renderer);
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
  }

  stats(): ViewerStats {
    const weights = this.weights;
    return {
      fps: this.#meter.fps,
      frames: this.#meter.frames,
      costMs: this.#meter.costMs,
      faceMs: this.#meter.faceMs,
      running: this.#request !== 0,
      pixelRatio: this.#governor.quality.pixelRatio,
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
    this.canvas.remove();
  }

  #replace(head: HeadModel): void {
    if (this.#head !== null) {
      this.#scene.remove(this.#head.root);
      this.#head.dispose();
    }
    this.#head = head;
    this.#scene.add(head.root);
    this.#fit();
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.#container;
    if (width === 0 || height === 0) return;
    const { pixelRatio, shadows } = this.#governor.quality;
    this.#key.castShadow = shadows;
    this.#renderer.setPixelRatio(pixelRatio);
    this.#renderer.setSize(width, height);
    this.#camera.aspect = width / height;
    if (this.#head !== null) this.#aim(this.#head);
    this.#camera.updateProjectionMatrix();
    if (this.#request !== 0) this.#draw();
  }

  #aim(head: HeadModel): void {
    const { measure } = head;
    const { fov, distance, level } = frameHead(this.#camera.aspect, measure);
    this.#camera.fov = fov;
    this.#camera.position.set(0, level, measure.depth + distance);
    this.#camera.lookAt(0, level, measure.depth);
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
    const step = this.#meter.begin(nowMs);
    if (step > 0 && this.#governor.note(step)) this.#fit();
    this.#head?.show(this.#faces.faceAt(begun), this.#calm.matches ? CALM_SWAY : 1);
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
    this.#run();
    this.emit('restored', undefined);
  };
}
