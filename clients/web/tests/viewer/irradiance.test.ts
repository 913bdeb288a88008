import { Vector3 } from 'three';
import { describe, expect, test } from 'vitest';
import { harmonicsOf, type LightOn, lightCode, lightFrom } from '../../src/viewer/irradiance';

const DIRECTIONS = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, -1],
  [1, 1, 1],
  [-0.3, 0.8, 0.2],
].map(([x, y, z]) => new Vector3(x, y, z).normalize());

const LAMP = new Vector3(-0.7, 0.75, 1.3).normalize();
/** A red lamp and blue light from below, on skin. */
const SOFT: LightOn = (normal) => {
  const lit = Math.max(0, (normal.dot(LAMP) + 0.3) / 1.3);
  return [2 * lit, 0.5 * lit, 0.4 - 0.4 * normal.y];
};

describe('light on a surface', () => {
  test('it is the same from all sides in a room of one colour', () => {
    const harmonics = harmonicsOf(() => [0.2, 0.4, 0.6]);
    for (const normal of DIRECTIONS)
      for (const [channel, value] of lightFrom(harmonics, normal).entries())
        expect(value).toBeCloseTo([0.2, 0.4, 0.6][channel] ?? Number.NaN, 3);
  });

  test('it keeps the light of one lamp but for a twentieth of it', () => {
    const harmonics = harmonicsOf(SOFT);
    for (const normal of DIRECTIONS)
      for (const [channel, value] of lightFrom(harmonics, normal).entries())
        expect(Math.abs(value - (SOFT(normal)[channel] ?? Number.NaN))).toBeLessThan(2 / 20);
  });

  test('it says the same in GLSL', () => {
    const harmonics = harmonicsOf(SOFT);
    const [n, vec3] = [{ x: 0.6, y: 0, z: 0.8 }, (red: number) => red];
    const red = new Function('n', 'vec3', `return ${lightCode(harmonics)};`)(n, vec3) as number;
    expect(red).toBeCloseTo(lightFrom(harmonics, new Vector3(0.6, 0, 0.8))[0], 3);
  });
});
