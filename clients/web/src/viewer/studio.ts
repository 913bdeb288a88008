/** The light in which the cast is meant to be seen: a soft key, a cool fill, two rims and a studio of glowing boxes. */
import {
  BackSide,
  Color,
  DirectionalLight,
  DoubleSide,
  Mesh,
  MeshBasicMaterial,
  NeutralToneMapping,
  PCFShadowMap,
  PlaneGeometry,
  PMREMGenerator,
  Scene,
  SphereGeometry,
  type Texture,
  type WebGLRenderer,
} from 'three';
import type { Triple } from './irradiance';

/** Light from one side, as three.js states it. */
export interface Light {
  readonly towards: Triple;
  readonly colour: { readonly color: number | string; readonly intensity: number };
}

interface Lamp {
  readonly color: number;
  readonly intensity: number;
  readonly position: Triple;
}

interface GlowBox {
  readonly size: readonly [number, number];
  readonly position: Triple;
  readonly color: string;
  readonly intensity: number;
}

const KEY: Lamp = { color: 0xfff0e2, intensity: 2, position: [-0.7, 0.75, 1.3] };
const FILL: Lamp = { color: 0xe2ebff, intensity: 0.75, position: [1.4, 0.15, 1.2] };
const RIMS: readonly Lamp[] = [
  { color: 0xffffff, intensity: 1.5, position: [1.1, 0.9, -1.3] },
  { color: 0xfff0e0, intensity: 1, position: [-1.3, 0.5, -1.2] },
];
const BOXES: readonly GlowBox[] = [
  { size: [8, 8], position: [-6, 5, 7], color: '#fff3e6', intensity: 4.6 },
  { size: [5, 8], position: [9, 2, 4], color: '#e6eeff', intensity: 2.4 },
  { size: [10, 3], position: [0, 9, -5], color: '#ffffff', intensity: 3 },
  { size: [14, 8], position: [0, -9, 3], color: '#dcbfa6', intensity: 1 },
];
const ENVIRONMENT_INTENSITY = 0.72;
const WALL: Triple = [0.46, 0.47, 0.5];
/** What the walls of the room send to every side of a head. */
export const ROOM: Triple = WALL.map((value) => value * Math.PI * ENVIRONMENT_INTENSITY) as unknown as Triple;

/** The lamps and the glowing boxes, each as light from one side. */
export function roomLights(): Light[] {
  const lamps = [KEY, FILL, ...RIMS].map(({ position, color, intensity }) => ({
    towards: position,
    colour: { color, intensity },
  }));
  const boxes = BOXES.map(({ size, position, color, intensity }) => {
    const away = position.reduce((sum, value) => sum + value * value, 0);
    const steradians = (size[0] * size[1]) / away;
    return { towards: position, colour: { color, intensity: intensity * steradians * ENVIRONMENT_INTENSITY } };
  });
  return [...lamps, ...boxes];
}

/** @throws {Error} when the browser has no WebGL 2 */
export function openContext(canvas: HTMLCanvasElement): WebGL2RenderingContext {
  const antialias = !hasNoGraphicsCard(); // it costs a processor as much again, and can't be changed later
  const wishes: WebGLContextAttributes = { antialias, alpha: true, powerPreference: 'high-performance' };
  const context = canvas.getContext('webgl2', wishes);
  if (context === null) throw new Error('This browser has no WebGL 2.');
  return context;
}

export function prepareRenderer(renderer: WebGLRenderer): void {
  renderer.toneMapping = NeutralToneMapping;
  renderer.toneMappingExposure = 1;
  renderer.shadowMap.enabled = true;
  renderer.shadowMap.type = PCFShadowMap;
  renderer.setClearColor(0x000000, 0);
}

const SOFTWARE = /swiftshader|llvmpipe|software|basic render/i;

let withoutCard: boolean | undefined;

function hasNoGraphicsCard(): boolean {
  if (withoutCard !== undefined) return withoutCard;
  const probe = document.createElement('canvas').getContext('webgl2');
  withoutCard = probe !== null && drawsInSoftware(probe);
  probe?.getExtension('WEBGL_lose_context')?.loseContext();
  return withoutCard;
}

/** Whether pictures are drawn by the processor instead of a graphics card. */
export function drawsInSoftware(gl: WebGL2RenderingContext | WebGLRenderingContext): boolean {
  const unmasked = gl.getExtension('WEBGL_debug_renderer_info');
  return SOFTWARE.test(String(gl.getParameter(unmasked?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER)));
}

/** Add the lamps and return the key light. The environment comes from `studioEnvironment`. */
export function addLamps(scene: Scene): DirectionalLight {
  const key = keyLight();
  scene.environmentIntensity = ENVIRONMENT_INTENSITY;
  scene.add(key, ...[FILL, ...RIMS].map(plainLight));
  return key;
}

/** Reflections of the studio, drawn once. The caller disposes of the texture. */
export function studioEnvironment(renderer: WebGLRenderer): Texture {
  const room = new Scene();
  const wall = new MeshBasicMaterial({ color: new Color(...WALL), side: BackSide });
  room.add(new Mesh(new SphereGeometry(20, 24, 16), wall), ...BOXES.map(glowBox));
  const generator = new PMREMGenerator(renderer);
  const { texture } = generator.fromScene(room, 0.03);
  generator.dispose();
  return texture;
}

function keyLight(): DirectionalLight {
  const key = plainLight(KEY);
  key.castShadow = true;
  key.shadow.mapSize.set(2048, 2048);
  Object.assign(key.shadow.camera, { left: -0.28, right: 0.28, top: 0.2, bottom: -0.3, near: 0.2, far: 3 });
  key.shadow.bias = -0.0006;
  key.shadow.normalBias = 0.0012;
  key.shadow.radius = 6;
  key.shadow.intensity = 0.75;
  return key;
}

function plainLight({ color, intensity, position }: Lamp): DirectionalLight {
  const light = new DirectionalLight(color, intensity);
  light.position.set(...position);
  return light;
}

function glowBox({ size, position, color, intensity }: GlowBox): Mesh {
  const glow = new Color(color).multiplyScalar(intensity);
  const box = new Mesh(new PlaneGeometry(...size), new MeshBasicMaterial({ color: glow, side: DoubleSide }));
  box.position.set(...position);
  box.lookAt(0, 0, 0);
  return box;
}
