/** A small picture of depths, drawn by the processor: tells which triangles can be seen at all from a point of view. */

export interface Triangles {
  /** Three for each vertex: pixels right and down, then the distance from the eye (nearer is less). */
  readonly points: Float32Array;
  /** Three vertices for each triangle. */
  readonly index: ArrayLike<number>;
  /** How solid a vertex' place in its picture is, 0–1, by texture coordinates; null is solid all over. */
  readonly cover: Cover | null;
}

export interface Cover {
  /** Two for each vertex. */
  readonly uv: ArrayLike<number>;
  readonly alphaAt: (u: number, v: number) => number;
  /** From here on it hides what is behind it, and from here on something of it shows. */
  readonly hides: number;
  readonly shows: number;
}

type Pixel = (at: number, depth: number, alpha: number) => void;

export class DepthMap {
  readonly #side: number;
  readonly #depths: Float32Array;

  /** @param side pixels of its square */
  constructor(side: number) {
    this.#side = side;
    this.#depths = new Float32Array(side * side);
    this.clear();
  }

  clear(): void {
    this.#depths.fill(Infinity);
  }

  /** Let triangles hide what lies behind them. */
  draw(shape: Triangles): void {
    const hides = shape.cover?.hides ?? 0;
    const put: Pixel = (at, depth, alpha) => {
      if (alpha >= hides && depth < (this.#depths[at] ?? 0)) this.#depths[at] = depth;
    };
    for (let triangle = 0; triangle < shape.index.length / 3; triangle++) this.#scan(shape, triangle, put);
  }

  /** Add to `seen`, one for each triangle, how many pixels of it lie nearer than what was drawn, or `slack` behind it. */
  note(shape: Triangles, slack: number, seen: Uint32Array): void {
    const shows = shape.cover?.shows ?? 0;
    for (let triangle = 0; triangle < seen.length; triangle++)
      this.#scan(shape, triangle, (at, depth, alpha) => {
        if (alpha >= shows && depth <= (this.#depths[at] ?? 0) + slack) seen[triangle] = (seen[triangle] ?? 0) + 1;
      });
  }

  /** Visit the pixels of a triangle; one that lies between pixels counts at its middle. */
  #scan(shape: Triangles, triangle: number, visit: Pixel): void {
    const corners = three((k) => shape.index[3 * triangle + k] ?? 0);
    const [x, y, z] = three((axis) => three((k) => shape.points[3 * (corners[k] ?? 0) + axis] ?? 0));
    const area = (x[1] - x[0]) * (y[2] - y[0]) - (x[2] - x[0]) * (y[1] - y[0]);
    if (area === 0) return;
    const alpha = (a: number, b: number, c: number) => alphaOf(shape.cover, corners, a, b, c);
    const last = this.#side - 1;
    const [left, right] = [Math.max(0, Math.ceil(Math.min(...x))), Math.min(last, Math.floor(Math.max(...x)))];
    const [top, bottom] = [Math.max(0, Math.ceil(Math.min(...y))), Math.min(last, Math.floor(Math.max(...y)))];
    let inside = 0;
    for (let row = top; row <= bottom; row++)
      for (let column = left; column <= right; column++) {
        const a = ((x[1] - column) * (y[2] - row) - (x[2] - column) * (y[1] - row)) / area;
        const b = ((x[2] - column) * (y[0] - row) - (x[0] - column) * (y[2] - row)) / area;
        const c = 1 - a - b;
        if (a < 0 || b < 0 || c < 0) continue;
        inside += 1;
        visit(row * this.#side + column, a * z[0] + b * z[1] + c * z[2], alpha(a, b, c));
      }
    if (inside === 0) this.#middle(x, y, z, visit);
  }

  #middle(x: Triple, y: Triple, z: Triple, visit: Pixel): void {
    const column = Math.round((x[0] + x[1] + x[2]) / 3);
    const row = Math.round((y[0] + y[1] + y[2]) / 3);
    if (column < 0 || row < 0 || column >= this.#side || row >= this.#side) return;
    visit(row * this.#side + column, (z[0] + z[1] + z[2]) / 3, 0.5);
  }
}

type Triple = readonly [number, number, number];

function three<T>(make: (k: number) => T): [T, T, T] {
  return [make(0), make(1), make(2)];
}

function alphaOf(cover: Cover | null, corners: Triple, a: number, b: number, c: number): number {
  if (cover === null) return 1;
  const [p, q, r] = corners;
  const mix = (axis: number) =>
    a * (cover.uv[2 * p + axis] ?? 0) + b * (cover.uv[2 * q + axis] ?? 0) + c * (cover.uv[2 * r + axis] ?? 0);
  return cover.alphaAt(mix(0), mix(1));
}
