/** Material rules for the parts of a head, known by their material's name, and the skin's light. */
import {
  DoubleSide,
  LinearMipmapLinearFilter,
  LinearMipmapNearestFilter,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  type Object3D,
  ShaderChunk,
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
const ANISOTROPY = 8;
/** Many samples a pixel are free on graphics cards alone. */
const PLAIN_ANISOTROPY = 1;
/** Coarser pixels turn lashes into blots. */
const LASHES_FROM = 0.7;

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

/** A photo was lit when it was taken: its colours are shown as they are. */
function showPhoto(mesh: Mesh, material: MeshBasicMaterial): void {
  mesh.frustumCulled = false;
  material.toneMapped = false;
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

/** The full and the cheap look of a head, to change between. */
export class Wardrobe {
  readonly #full = new Map<Mesh, MeshStandardMaterial>();
  readonly #plain = new Map<Mesh, MeshBasicMaterial>();

  constructor(root: Object3D) {
    root.traverse((part) => {
      if (part instanceof Mesh && part.material instanceof MeshStandardMaterial)
        this.#full.set(part, part.material);
    });
  }

  wear({ plain, pixelRatio }: Pick<Quality, 'plain' | 'pixelRatio'>): void {
    for (const [mesh, full] of this.#full) {
      if (full.name === 'lash') mesh.visible = pixelRatio >= LASHES_FROM;
      sampleFinely(full, plain ? PLAIN_ANISOTROPY : ANISOTROPY);
      mesh.material = plain ? this.#plainOf(mesh, full) : full;
    }
  }

  /** Free both looks; textures are the head's. */
  dispose(): void {
    for (const material of [...this.#full.values(), ...this.#plain.values()]) material.dispose();
  }

  #plainOf(mesh: Mesh, full: MeshStandardMaterial): MeshBasicMaterial {
    const plain = this.#plain.get(mesh) ?? plainMaterial(full);
    this.#plain.set(mesh, plain);
    return plain;
  }
}

function sampleFinely({ map, normalMap }: MeshStandardMaterial, anisotropy: number): void {
  for (const texture of [map, normalMap]) {
    if (texture === null || texture.anisotropy === anisotropy) continue;
    texture.anisotropy = anisotropy;
    texture.minFilter = anisotropy > 1 ? LinearMipmapLinearFilter : LinearMipmapNearestFilter;
    texture.needsUpdate = true;
  }
}

function wrapLight(material: MeshStandardMaterial): void {
  const patched = ShaderChunk.lights_physical_pars_fragment.replace(LAMBERT, WRAPPED);
  material.onBeforeCompile = (shader) => {
    shader.fragmentShader = shader.fragmentShader.replace(CHUNK, patched);
  };
}

/** Whether the skin's light finds the line of three's shader that it changes. */
export function skinPatchFits(): boolean {
  return LAMBERT.test(ShaderChunk.lights_physical_pars_fragment);
}
