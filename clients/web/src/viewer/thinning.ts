/** Draws coarser shapes on machines without a graphics card, for which each triangle costs about as much as ten pixels.
 *
 * Vertices stay as they are; triangles between fewer of them are chosen so that neither the face at rest nor one that moves
 * differs visibly.
 */
import { BufferAttribute, type Mesh, Vector3 } from 'three';
import { type HeadModel, meshesOf } from './HeadModel';
import type { SparseMorph } from './SparseMorph';
import type { Pause } from './trimming';

/** Metres; a pixel of a picture of 640 in which a head and its shoulders stand. */
const ERROR = 0.0006;
/** What a turn of a normal by its own length weighs, in metres, and the way across a texture, in widths of the mesh. */
const NORMAL = 0.005;
const TEXTURE = 0.3;
/** All shapes are looked at in so many mixtures; a shape's metres weigh as much as those of the face at rest. */
const MIXTURES = 6;
/** Fewer triangles are not worth the look. */
const LEAST = 100;

/** What triangles must not change, besides their shape. The weight turns its numbers into widths of the mesh. */
interface Look {
  readonly size: number;
  readonly weight: number;
  readonly of: Float32Array;
}

type Simplifier = typeof import('meshoptimizer/simplifier').MeshoptSimplifier;

/** Thin what is solid under `head`, for its plain look. It stops when `wanted` says no.
 *
 * @throws {Error} where the page forbids WebAssembly
 */
export async function thinHead(head: HeadModel, pause: Pause, wanted: () => boolean): Promise<void> {
  const { MeshoptSimplifier: simplifier } = await import('meshoptimizer/simplifier');
  await simplifier.ready;
  head.root.updateMatrixWorld(true);
  for (const mesh of meshesOf(head.root).filter(isSolid)) {
    await pause();
    if (!wanted()) return;
    const index = mesh.geometry.index;
    if (index !== null) head.trim(mesh, { full: index, plain: thinned(mesh, index, head, simplifier) });
  }
}

function thinned(mesh: Mesh, index: BufferAttribute, head: HeadModel, simplifier: Simplifier): BufferAttribute {
  const morph = head.morphOf(mesh);
  const positions = numbersOf(mesh, 'position', 3, morph);
  const metre = metreOf(mesh, positions);
  const width = simplifier.getScale(positions, 3);
  const looks: readonly Look[] = [
    { size: 3, weight: (NORMAL * metre) / width, of: numbersOf(mesh, 'normal', 3, morph) },
    { size: 2, weight: TEXTURE, of: numbersOf(mesh, 'uv', 2, null) },
    ...(morph?.mixtures(MIXTURES) ?? []).map((of) => ({ size: 3, weight: 1 / width, of })),
  ];
  const weights = looks.flatMap(({ size, weight }) => new Array<number>(size).fill(weight));
  const [triangles] = simplifier.simplifyWithAttributes(
    Uint32Array.from(index.array),
    positions,
    3,
    woven(looks, positions.length / 3),
    weights.length,
    weights,
    null,
    0,
    ERROR * head.measure.scale * metre,
    ['ErrorAbsolute'],
  );
  return new BufferAttribute(triangles, 1);
}

/** Numbers of all vertices, `size` for each, while no shape is at work; zeros where the mesh has none. */
function numbersOf(
  { geometry }: Mesh,
  name: 'position' | 'normal' | 'uv',
  size: number,
  morph: SparseMorph | null,
): Float32Array {
  const rest = name === 'uv' ? null : morph?.atRest(name);
  if (rest) return rest.slice();
  const attribute = geometry.getAttribute(name) as BufferAttribute | undefined;
  const count = geometry.getAttribute('position').count;
  return Float32Array.from(
    { length: size * count },
    (_, at) => attribute?.getComponent(Math.floor(at / size), at % size) ?? 0,
  );
}

/** The numbers of each vertex side by side. */
function woven(looks: readonly Look[], count: number): Float32Array {
  const width = looks.reduce((sum, { size }) => sum + size, 0);
  const numbers = new Float32Array(width * count);
  let left = 0;
  for (const { size, of } of looks) {
    for (let vertex = 0; vertex < count; vertex++)
      numbers.set(of.subarray(size * vertex, size * (vertex + 1)), width * vertex + left);
    left += size;
  }
  return numbers;
}

/** How long a metre is in a mesh' own unit: files keep positions in units of their own. */
function metreOf(mesh: Mesh, positions: Float32Array): number {
  const local = (vertex: number) => new Vector3().fromArray(positions, 3 * vertex);
  const world = (vertex: number) => mesh.getVertexPosition(vertex, new Vector3()).applyMatrix4(mesh.matrixWorld);
  const vertices = Array.from({ length: positions.length / 3 }, (_, vertex) => vertex);
  const far = vertices.reduce((best, vertex) => (apart(local, vertex) > apart(local, best) ? vertex : best), 0);
  return apart(local, far) / apart(world, far) || 1;
}

function apart(place: (vertex: number) => Vector3, vertex: number): number {
  return place(vertex).distanceTo(place(0));
}

/** Highlights of eyes need all of their vertices, and what is full of holes can only be trimmed. */
function isSolid({ material, geometry }: Mesh): boolean {
  const one = [material].flat()[0];
  if (one === undefined || one.name === 'eyes' || one.alphaTest > 0 || one.transparent) return false;
  return (geometry.index?.count ?? 0) >= 3 * LEAST;
}
