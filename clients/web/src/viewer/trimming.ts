/** Leaves out the hair that nobody can see. Hair is many thin layers, most of them behind others from every side from which
 * the viewer shows a head; drawing those was four fifths of a picture's cost on machines without a graphics card.
 *
 * What stays is sorted front to back, so that graphics cards skip what is covered.
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
const SIDE = 448;
/** Metres that the picture shows, the distance of the eye, and how far behind a layer the next still counts as seen. */
const SPAN = 0.62;
const AWAY = 1;
const SLACK = 0.001;
/** Mip maps make edges softer or harder than the picture says. */
const MARGIN = 0.2;
/** Fewer triangles are not worth the look. */
const LEAST = 2000;

/** Waits between two views, so that the page stays quick. */
export type Pause = () => Promise<void>;

/** Trim every mesh of hair under `head`. Returns how many triangles were left out. It stops when `wanted` says no. */
export async function trimHair(head: HeadModel, pause: Pause, wanted: () => boolean): Promise<number> {
  let left = 0;
  for (const mesh of meshesOf(head.root).filter(isHair)) left += await trim(mesh, head, pause, wanted);
  return left;
}

async function trim(hair: Mesh, head: HeadModel, pause: Pause, wanted: () => boolean): Promise<number> {
  const cover = coverOf(hair);
  const index = hair.geometry.index;
  if (cover === null || index === null) return 0;
  const occluders = meshesOf(head.root).filter(isSolid);
  const seen = new Uint8Array(index.count / 3);
  const map = new DepthMap(SIDE);
  let nearness: Float32Array = new Float32Array(0);
  for (const pitch of PITCHES)
    for (const yaw of YAWS) {
      await pause();
      if (!wanted()) return 0;
      turned(head, yaw, pitch, () => {
        map.clear();
        for (const mesh of occluders) map.draw(projected(mesh, head.measure, null));
        const shape = projected(hair, head.measure, cover);
        map.draw(shape);
        map.note(shape, SLACK * head.measure.scale, seen);
        if (yaw === 0 && pitch === 0) nearness = nearnessOf(shape);
      });
    }
  hair.geometry.setIndex(kept(seen, index.array, nearness));
  return seen.length - seen.reduce((sum, one) => sum + one, 0);
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

function kept(seen: Uint8Array, index: ArrayLike<number>, nearness: Float32Array): BufferAttribute {
  const triangles = Array.from(seen.keys()).filter((triangle) => seen[triangle] === 1);
  triangles.sort((a, b) => (nearness[a] ?? 0) - (nearness[b] ?? 0));
  const corners = triangles.flatMap((triangle) => [0, 1, 2].map((k) => index[3 * triangle + k] ?? 0));
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
