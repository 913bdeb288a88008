/** Material rules for the parts of a head, known by their material's name, and the skin's light. */
import {
  type BufferAttribute,
  DoubleSide,
  LinearMipmapLinearFilter,
  LinearMipmapNearestFilter,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  type MinificationTextureFilter,
  NoColorSpace,
  type Object3D,
  ShaderChunk,
  SRGBColorSpace,
  type Texture,
} from 'three';
import { plainMaterial } from './plain';
import type { Quality } from './QualityGovernor';

const CASTS_NO_SHADOW: ReadonlySet<string> = new Set(['lidshade', 'lash', 'eyes']);
const RECEIVES_NO_SHADOW: ReadonlySet<string> = new Set([
  'lidshade',
  'lash',
  'hair',
  'beard',
  'eyes',
  'teeth',
  'tongue',
  'mouth',
]);
const REFLECTION: Readonly<Record<string, number>> = { lidshade: 0, mouth: 0.12, tongue: 0.3, teeth: 0.5 };
/** How textures are read. Many samples a pixel are free on graphics cards alone, and the plain look decodes colours itself. */
interface Sampling {
  readonly anisotropy: number;
  readonly minFilter: MinificationTextureFilter;
  readonly colorSpace: typeof NoColorSpace | typeof SRGBColorSpace;
}
const FINE: Sampling = {
  anisotropy: 8,
  minFilter: LinearMipmapLinearFilter,
  colorSpace: SRGBColorSpace,
};
const PLAIN: Sampling = { ...FINE, anisotropy: 1, minFilter: LinearMipmapNearestFilter, colorSpace: NoColorSpace };
const PHOTO: Sampling = PLAIN; // about a pixel for each of its own
/** Coarser pixels turn lashes into blots. */
const LASHES_FROM = 0.7;

const WHITE = 0xffffff;
const ENCODING = '#include <colorspace_fragment>';

const LAMBERT = /reflectedLight\.directDiffuse \+= irradiance \*/;
/** Direct light wraps round the terminator, red furthest: a cheap look of light that goes under the skin. */
const WRAPPED = `float facing = dot(geometryNormal, directLight.direction);
  vec3 wrap = clamp((vec3(facing) + vec3(.40, .22, .17)) / vec3(1.40, 1.22, 1.17), 0., 1.);
  wrap *= wrap * (3. - 2. * wrap) * .35 + .65;
  reflectedLight.directDiffuse += wrap * directLight.color *`;
const CHUNK = '#include <lights_physical_pars_fragment>';

export function dressHead(root: Object3D): void {
  root.traverse((part) => {
    if (!(part instanceof Mesh)) return;
    if (part.material instanceof MeshStandardMaterial) dressPart(part, part.material);
    if (part.material instanceof MeshBasicMaterial) showPhoto(part, part.material);
  });
}

/** A photo was lit when it was taken: its colours are shown as they are, and need not be decoded for that. */
function showPhoto(mesh: Mesh, material: MeshBasicMaterial): void {
  mesh.frustumCulled = false;
  material.toneMapped = false;
  if (material.map === null || material.vertexColors || material.color.getHex() !== WHITE) return;
  read(material.map, PHOTO);
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(ENCODING, '');
  };
}

function dressPart(mesh: Mesh, material: MeshStandardMaterial): void {
  const name = material.name;
  // Morphs move the surface past the box that was computed at rest.
  mesh.frustumCulled = false;
  mesh.castShadow = !CASTS_NO_SHADOW.has(name);
  mesh.receiveShadow = !RECEIVES_NO_SHADOW.has(name);
  material.envMapIntensity = REFLECTION[name] ?? material.envMapIntensity;
  if (name === 'lidshade') material.depthWrite = false;
  if (name === 'hair' || name === 'beard') material.shadowSide = DoubleSide;
  if (name === 'skin') wrapLight(material);
}

/** The triangles of a mesh that each look draws. */
export interface Cut {
  readonly full: BufferAttribute;
  readonly plain: BufferAttribute;
}

/** The full and the cheap look of a head, to change between. */
export class Wardrobe {
  readonly #full = new Map<Mesh, MeshStandardMaterial>();
  readonly #plain = new Map<Mesh, MeshBasicMaterial>();
  readonly #cuts = new Map<Mesh, Cut>();
  #isPlain = false;

  constructor(root: Object3D) {
    root.traverse((part) => {
      if (part instanceof Mesh && part.material instanceof MeshStandardMaterial)
        this.#full.set(part, part.material);
    });
  }

  /** Draw no other triangles of `mesh`. */
  trim(mesh: Mesh, triangles: Cut): void {
    this.#cuts.set(mesh, triangles);
    this.#cut();
  }

  wear({ plain, pixelRatio }: Pick<Quality, 'plain' | 'pixelRatio'>): void {
    this.#isPlain = plain;
    this.#cut();
    for (const [mesh, full] of this.#full) {
      if (full.name === 'lash') mesh.visible = pixelRatio >= LASHES_FROM;
      sample(full, plain ? PLAIN : FINE);
      mesh.material = plain ? this.#plainOf(mesh, full) : full;
    }
  }

  /** Free both looks; textures are the head's. */
  dispose(): void {
    for (const material of [...this.#full.values(), ...this.#plain.values()]) material.dispose();
  }

  #cut(): void {
    for (const [{ geometry }, { full, plain }] of this.#cuts) geometry.setIndex(this.#isPlain ? plain : full);
  }

  #plainOf(mesh: Mesh, full: MeshStandardMaterial): MeshBasicMaterial {
    const plain = this.#plain.get(mesh) ?? plainMaterial(full);
    this.#plain.set(mesh, plain);
    return plain;
  }
}

function sample({ map, normalMap }: MeshStandardMaterial, sampling: Sampling): void {
  if (map !== null) read(map, sampling);
  if (normalMap !== null) read(normalMap, { ...sampling, colorSpace: NoColorSpace });
}

function read(texture: Texture, sampling: Sampling): void {
  const { anisotropy, minFilter, colorSpace } = texture;
  if (anisotropy === sampling.anisotropy && minFilter === sampling.minFilter && colorSpace === sampling.colorSpace)
    return;
  Object.assign(texture, sampling).needsUpdate = true;
}

function wrapLight(material: MeshStandardMaterial): void {
  const patched = ShaderChunk.lights_physical_pars_fragment.replace(LAMBERT, WRAPPED);
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(CHUNK, patched);
  };
}

/** Whether photos find the line of three's shader that they leave out. */
export function photoPatchFits({ fragmentShader }: { readonly fragmentShader: string }): boolean {
  return fragmentShader.includes(ENCODING);
}

/** Whether the skin's light finds the line of three's shader that it changes. */
export function skinPatchFits(): boolean {
  return LAMBERT.test(ShaderChunk.lights_physical_pars_fragment);
}
