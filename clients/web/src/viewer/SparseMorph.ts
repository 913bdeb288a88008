/** Moves a mesh' vertices by the processor. Most of the 52 shapes of a face move a few hundred vertices, and few are at work
 * at a time: adding those up costs a twentieth of a millisecond, where a graphics card reads a texture for every vertex,
 * shape and pass, and keeps ten megabytes for it.
 */
import { BufferAttribute, DynamicDrawUsage, type InterleavedBufferAttribute, type Mesh } from 'three';

type Attribute = BufferAttribute | InterleavedBufferAttribute;

/** What a shape at weight 1 adds: three numbers for each of `vertices`. */
interface Shift {
  readonly vertices: Uint32Array;
  readonly by: Float32Array;
}

interface Track {
  readonly name: 'position' | 'normal';
  readonly rest: Float32Array;
  readonly shown: BufferAttribute;
  /** One for each shape. */
  readonly shifts: readonly Shift[];
}

/** With more than this to add, the graphics card is the better place. */
const MOST_SHIFTS = 400_000;
const NOTHING = 1e-9;

export class SparseMorph {
  readonly #influences: readonly number[];
  readonly #tracks: readonly Track[];
  readonly #applied: Float32Array;

  private constructor(influences: readonly number[], tracks: readonly Track[]) {
    this.#influences = influences;
    this.#tracks = tracks;
    this.#applied = new Float32Array(influences.length);
  }

  /** Take over the shapes of `mesh`; null where it has none, or too many. */
  static of(mesh: Mesh): SparseMorph | null {
    const { geometry, morphTargetInfluences: influences } = mesh;
    const { position = [], normal = [], ...others } = geometry.morphAttributes;
    if (influences === undefined || position.length === 0 || !geometry.morphTargetsRelative) return null;
    if (Object.keys(others).length > 0) return null;
    const found = { position: position.map(shiftOf), normal: normal.map(shiftOf) };
    const amount = [...found.position, ...found.normal].reduce((sum, { vertices }) => sum + vertices.length, 0);
    if (amount > MOST_SHIFTS) return null;
    const tracks = (['position', 'normal'] as const)
      .filter((name) => found[name].length > 0 && geometry.hasAttribute(name))
      .map((name) => takeOver(mesh, name, found[name]));
    geometry.morphAttributes = {};
    return new SparseMorph(influences, tracks);
  }

  /** Three numbers for each vertex while no shape is at work; null where shapes leave them alone. */
  atRest(name: Track['name']): Readonly<Float32Array> | null {
    return this.#tracks.find((track) => track.name === name)?.rest ?? null;
  }

  /** What shapes add to positions, all of them mixed into `count`, three numbers for each vertex. */
  mixtures(count: number): Float32Array[] {
    const { rest, shifts } = this.#tracks.find(({ name }) => name === 'position') ?? { rest: [], shifts: [] };
    return Array.from({ length: count }, (_, mixture) => {
      const sum = new Float32Array(rest.length);
      for (const [shape, shift] of shifts.entries()) if (shape % count === mixture) add(sum, shift, 1);
      return sum;
    });
  }

  /** Move the vertices to where the weights have them, if those changed. */
  apply(): void {
    const influences = this.#influences;
    if (this.#applied.every((weight, shape) => weight === Math.fround(influences[shape] ?? 0))) return;
    this.#applied.set(influences);
    for (const { rest, shown, shifts } of this.#tracks) {
      const out = shown.array as Float32Array;
      out.set(rest);
      for (const [shape, shift] of shifts.entries()) add(out, shift, influences[shape] ?? 0);
      shown.needsUpdate = true;
    }
  }
}

function add(out: Float32Array, { vertices, by }: Shift, weight: number): void {
  if (weight === 0) return;
  for (let k = 0; k < vertices.length; k++) {
    const at = 3 * (vertices[k] ?? 0);
    for (let axis = 0; axis < 3; axis++) out[at + axis] = (out[at + axis] ?? 0) + weight * (by[3 * k + axis] ?? 0);
  }
}

/** Put a copy in the attribute's place: a file's own may be quantised, or shared with another mesh. */
function takeOver(mesh: Mesh, name: 'position' | 'normal', shifts: readonly Shift[]): Track {
  const rest = numbersOf(mesh.geometry.getAttribute(name));
  const shown = new BufferAttribute(rest.slice(), 3).setUsage(DynamicDrawUsage);
  mesh.geometry.setAttribute(name, shown);
  return { name, rest, shown, shifts };
}

function numbersOf(attribute: Attribute): Float32Array {
  const numbers = new Float32Array(3 * attribute.count);
  for (let vertex = 0; vertex < attribute.count; vertex++)
    numbers.set([attribute.getX(vertex), attribute.getY(vertex), attribute.getZ(vertex)], 3 * vertex);
  return numbers;
}

function shiftOf(attribute: Attribute): Shift {
  const numbers = numbersOf(attribute);
  const moves = (vertex: number) => [0, 1, 2].some((axis) => Math.abs(numbers[3 * vertex + axis] ?? 0) > NOTHING);
  const vertices = Uint32Array.from({ length: attribute.count }, (_, vertex) => vertex).filter(moves);
  const by = Float32Array.from({ length: 3 * vertices.length }, (_, i) => {
    return numbers[3 * (vertices[Math.floor(i / 3)] ?? 0) + (i % 3)] ?? 0;
  });
  return { vertices, by };
}
