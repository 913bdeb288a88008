/** Leaves out the hair that nobody can see. Hair is many thin layers, most of them behind others from every side from which
 * the viewer shows a head; drawing those was four fifths of a picture's cost on machines without a graphics card.
 *
 * Graphics cards draw what stays front to back, and skip what is covered. Processors gain nothing by that, but by neighbours
 * that follow each other, as they do in the files.
 */
import { BufferAttribute, type Mesh, MeshBasicMaterial, MeshStandardMaterial, Vector3 } from 'three';
import { newFrame } from '../face';
import { type Cover, DepthMap, type Triangles } from './DepthMap';
import type { HeadMeasure } from './framing';
import { type HeadModel, meshesOf } from './HeadModel';
import { pictureOf } from './textures';

/** Degrees that a head is turned to the sides, and up and down, at most; and what lies between. */
const YAWS = [0, -22, 22, -11, 11];
const PITCHES = [0, -14, 14];
/** The first is from the front. */
const VIEWS = PITCHES.flatMap((pitch) => YAWS.map((yaw) => [yaw, pitch] as const));
const SIDE = 448;
/** Metres that the picture shows, the distance of the eye, and how far behind a layer the next still counts as seen. */
const SPAN = 0.62;
const AWAY = 1;
const SLACK = 0.001;
/** Mip maps make edges softer or harder than the picture says. */
const MARGIN = 0.2;
/** Fewer triangles are not worth the look. */
const LEAST = 2000;

/** The plain look leaves out the hair that only shows in slits: so much of all that is seen of it. */
const SLITS = 0.03;

/** Waits between two views, so that the page stays quick. */
export type Pause = () => Promise<void>;

interface Hair {
  readonly mesh: Mesh;
  readonly cover: Cover;
  /** Pixels of each triangle that are seen, from all sides together. */
  readonly seen: Uint32Array;
  /** Of each triangle, seen from the front. */
  nearness: Float32Array;
}

/** Trim every mesh of hair under `head`. It stops when `wanted` says no. */
export async function trimHair(head: HeadModel, pause: Pause, wanted: () => boolean): Promise<void> {
  const meshes = meshesOf(head.root);
  const map = new DepthMap(SIDE);
  for (const hair of meshes.flatMap((mesh) => hairOf(mesh) ?? [])) {
    for (const [yaw, pitch] of VIEWS) {
      await pause();
      if (!wanted()) return;
      turned(head, yaw, pitch, () => look(hair, meshes.filter(isSolid), head.measure, map));
    }
    head.trim(hair.mesh, {
      full: indexOf(hair.mesh, frontToBack(hair)),
      plain: indexOf(hair.mesh, withoutSlits(hair.seen)),
    });
  }
}

function hairOf(mesh: Mesh): Hair | null {
  const index = mesh.geometry.index;
  const cover = isHair(mesh) ? coverOf(mesh) : null;
  if (index === null || cover === null) return null;
  return { mesh, cover, seen: new Uint32Array(index.count / 3), nearness: new Float32Array(0) };
}

function look(hair: Hair, occluders: readonly Mesh[], measure: HeadMeasure, map: DepthMap): void {
  map.clear();
  for (const mesh of occluders) map.draw(projected(mesh, measure, null));
  const shape = projected(hair.mesh, measure, hair.cover);
  map.draw(shape);
  map.note(shape, SLACK * measure.scale, hair.seen);
  if (hair.nearness.length === 0) hair.nearness = nearnessOf(shape);
}

function seenOf(seen: Uint32Array): Set<number> {
  return new Set(Array.from(seen.keys()).filter((triangle) => (seen[triangle] ?? 0) > 0));
}

/** The triangles that make up nearly all that is seen; `seen`: pixels of each. */
export function withoutSlits(seen: Uint32Array): Set<number> {
  const kept = seenOf(seen);
  let slits = SLITS * seen.reduce((sum, pixels) => sum + pixels, 0);
  for (const triangle of [...kept].sort((a, b) => (seen[a] ?? 0) - (seen[b] ?? 0))) {
    slits -= seen[triangle] ?? 0;
    if (slits < 0) break;
    kept.delete(triangle);
  }
  return kept;
}

/** Do something while the head is turned, and turn it back before anybody sees it. */
function turned(head: HeadModel, yaw: number, pitch: number, look: () => void): void {
  const frame = newFrame();
  frame.head.set([yaw, pitch, 0]);
  head.posed(frame, () => {
    head.root.updateMatrixWorld(true);
    look();
  });
  head.root.updateMatrixWorld(true);
}

function frontToBack({ seen, nearness }: Hair): number[] {
  return [...seenOf(seen)].sort((a, b) => (nearness[a] ?? 0) - (nearness[b] ?? 0));
}

function indexOf({ geometry }: Mesh, triangles: Iterable<number>): BufferAttribute {
  const index = geometry.index?.array ?? [];
  const corners = [...triangles].flatMap((triangle) => [0, 1, 2].map((k) => index[3 * triangle + k] ?? 0));
  return new BufferAttribute(new Uint32Array(corners), 1);
}

function nearnessOf({ points, index }: Triangles): Float32Array {
  const depth = (corner: number) => points[3 * (index[corner] ?? 0) + 2] ?? 0;
  return Float32Array.from({ length: index.length / 3 }, (_, t) =>
    Math.min(...[0, 1, 2].map((k) => depth(3 * t + k))),
  );
}

/** A mesh as the viewer's camera would see it from the eyes' level, in pixels. */
function projected(mesh: Mesh, { eyeLevel, depth, scale }: HeadMeasure, cover: Cover | null): Triangles {
  const count = mesh.geometry.getAttribute('position').count;
  const points = new Float32Array(3 * count);
  const place = new Vector3();
  for (let vertex = 0; vertex < count; vertex++) {
    mesh.getVertexPosition(vertex, place).applyMatrix4(mesh.matrixWorld);
    const far = AWAY * scale - (place.z - depth);
    const pixels = (SIDE * AWAY) / SPAN / Math.max(far, 1e-6);
    points.set([SIDE / 2 + place.x * pixels, SIDE / 2 - (place.y - eyeLevel) * pixels, far], 3 * vertex);
  }
  return { points, index: mesh.geometry.index?.array ?? Array.from({ length: count }, (_, i) => i), cover };
}

function coverOf(hair: Mesh): Cover | null {
  const material = surfaceOf(hair);
  const uv = hair.geometry.getAttribute('uv');
  const picture = alphaOf(material?.map?.image);
  if (material === null || picture === null || uv === undefined) return null;
  const { width, height, data } = picture;
  const wrap = (share: number, size: number) => Math.min(size - 1, Math.floor((share - Math.floor(share)) * size));
  return {
    uv: Float32Array.from({ length: 2 * uv.count }, (_, i) => (i % 2 === 0 ? uv.getX(i >> 1) : uv.getY(i >> 1))),
    alphaAt: (u, v) => (data[4 * (wrap(v, height) * width + wrap(u, width)) + 3] ?? 0) / 255,
    hides: material.alphaTest + MARGIN,
    shows: Math.max(0, material.alphaTest - MARGIN),
  };
}

function alphaOf(image: unknown): ImageData | null {
  const picture = pictureOf(image);
  if (picture === null) return null;
  const { width, height } = picture;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  context?.drawImage(picture, 0, 0);
  return context?.getImageData(0, 0, width, height) ?? null;
}

function isHair(mesh: Mesh): boolean {
  if ((surfaceOf(mesh)?.alphaTest ?? 0) === 0 || mesh.morphTargetInfluences !== undefined) return false;
  return (mesh.geometry.index?.count ?? 0) >= 3 * LEAST;
}

/** In the full look or the plain one. */
function surfaceOf({ material }: Mesh): MeshStandardMaterial | MeshBasicMaterial | null {
  return material instanceof MeshStandardMaterial || material instanceof MeshBasicMaterial ? material : null;
}

/** Surfaces that hide hair; thin parts and what lies inside of the head do not matter. */
function isSolid(mesh: Mesh): boolean {
  const name = surfaceOf(mesh)?.name;
  return name === 'skin' || name === 'cloth';
}
