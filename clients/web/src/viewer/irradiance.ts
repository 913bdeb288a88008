/** Light on a surface as a polynomial of its normal: second-order spherical harmonics, which hold all but some hundredths of the light
 * of any number of lamps (Ramamoorthi and Hanrahan, "An Efficient Representation for Irradiance Environment Maps", 2001).
 */
import { Vector3 } from 'three';

export type Triple = readonly [number, number, number];

/** How much light of each colour falls on a surface that faces along `normal`. */
export type LightOn = (normal: Vector3) => Triple;

/** Orthonormal on the sphere; in GLSL and in numbers. */
const BASIS: readonly { readonly code: string; readonly of: (n: Vector3) => number }[] = [
  { code: '0.282095', of: () => 0.282095 },
  { code: '0.488603 * n.y', of: ({ y }) => 0.488603 * y },
  { code: '0.488603 * n.z', of: ({ z }) => 0.488603 * z },
  { code: '0.488603 * n.x', of: ({ x }) => 0.488603 * x },
  { code: '1.092548 * n.x * n.y', of: ({ x, y }) => 1.092548 * x * y },
  { code: '1.092548 * n.y * n.z', of: ({ y, z }) => 1.092548 * y * z },
  { code: '1.092548 * n.x * n.z', of: ({ x, z }) => 1.092548 * x * z },
  { code: '0.315392 * (3. * n.z * n.z - 1.)', of: ({ z }) => 0.315392 * (3 * z * z - 1) },
  { code: '0.546274 * (n.x * n.x - n.y * n.y)', of: ({ x, y }) => 0.546274 * (x * x - y * y) },
];
const DIRECTIONS = 1000;
const GOLDEN_ANGLE = Math.PI * (3 - Math.sqrt(5));

/** One colour for each function of the basis: the projection of `light` on it. */
export function harmonicsOf(light: LightOn): Triple[] {
  const sums = BASIS.map((): [number, number, number] => [0, 0, 0]);
  const area = (4 * Math.PI) / DIRECTIONS;
  for (let at = 0; at < DIRECTIONS; at++) {
    const normal = direction(at);
    const [red, green, blue] = light(normal);
    for (const [k, { of }] of BASIS.entries()) {
      const sum = sums[k];
      const share = of(normal) * area;
      if (sum === undefined) continue;
      sum[0] += share * red;
      sum[1] += share * green;
      sum[2] += share * blue;
    }
  }
  return sums;
}

/** The light on a surface that faces along `normal`, from its harmonics. */
export function lightFrom(harmonics: readonly Triple[], normal: Vector3): Triple {
  const sum: [number, number, number] = [0, 0, 0];
  for (const [k, { of }] of BASIS.entries())
    for (const axis of [0, 1, 2] as const) sum[axis] += of(normal) * (harmonics[k]?.[axis] ?? 0);
  return sum;
}

/** A GLSL expression of the same, for a `vec3 n` of length 1. */
export function lightCode(harmonics: readonly Triple[]): string {
  return BASIS.map(({ code }, k) => `${vec3(harmonics[k] ?? [0, 0, 0])} * (${code})`).join(' + ');
}

export function vec3(values: readonly number[]): string {
  return `vec3(${values.map((value) => value.toFixed(5)).join(', ')})`;
}

/** Evenly spread over the sphere: a Fibonacci spiral. */
function direction(at: number): Vector3 {
  const z = 1 - (2 * at + 1) / DIRECTIONS;
  const around = GOLDEN_ANGLE * at;
  const radius = Math.sqrt(1 - z * z);
  return new Vector3(radius * Math.cos(around), radius * Math.sin(around), z);
}
