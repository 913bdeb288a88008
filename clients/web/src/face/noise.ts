/** Seeded randomness that is a function of integers alone, bit-equal to the server's (32-bit multiplications). */

/** A 32-bit salt for a stream of a seed. */
export function salt(seed: number, stream: number): number {
  const mixed = seed ^ Math.imul(stream, 0xc2b2ae3d);
  return (Math.imul(mixed, 0x85ebca77) + 0x165667b1) >>> 0;
}

/** A uniform number in [0, 1) of an integer, which is taken modulo 2^32. */
export function hashed(index: number, salted: number): number {
  let x = (Math.imul(index, 0x9e3779b1) + salted) | 0;
  x ^= x >>> 15;
  x = Math.imul(x, 0x2c1b3c6d);
  x ^= x >>> 12;
  x = Math.imul(x, 0x297a2d39);
  x ^= x >>> 15;
  return (x >>> 0) / 4294967296;
}

/** 0 below 0, 1 above 1, a step with continuous speed and acceleration between. */
export function quintic(x: number): number {
  if (x <= 0) return 0;
  if (x >= 1) return 1;
  return x * x * x * (x * (6 * x - 15) + 10);
}

/** Smooth noise in [-1, 1], one lattice value at each integer. */
export function valueNoise(u: number, salted: number): number {
  const cell = Math.floor(u);
  const a = hashed(cell, salted);
  const b = hashed(cell + 1, salted);
  return 2 * (a + (b - a) * quintic(u - cell)) - 1;
}
