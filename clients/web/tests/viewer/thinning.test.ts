import { BufferAttribute, Group, Mesh, MeshStandardMaterial, SphereGeometry } from 'three';
import { describe, expect, test } from 'vitest';
import { ARKIT } from '../../src/face';
import { HeadModel } from '../../src/viewer/HeadModel';
import { thinHead } from '../../src/viewer/thinning';

const HEAD_RADIUS = 0.1;
const now = () => Promise.resolve();

function ball(name: string, dent = 0): Mesh {
  const geometry = new SphereGeometry(HEAD_RADIUS, 64, 48);
  if (dent > 0) {
    const places = geometry.getAttribute('position');
    const moved = Float32Array.from({ length: 3 * places.count }, (_, at) => {
      const front = places.getZ(Math.floor(at / 3)) / HEAD_RADIUS;
      return at % 3 === 2 && front > 0.8 ? -dent * Math.cos(40 * places.getX(Math.floor(at / 3)) * front) : 0;
    });
    geometry.morphAttributes.position = [new BufferAttribute(moved, 3)];
    geometry.morphTargetsRelative = true;
  }
  const mesh = new Mesh(geometry, new MeshStandardMaterial({ name }));
  mesh.updateMorphTargets();
  return mesh;
}

async function thinned(mesh: Mesh, wanted = true): Promise<{ before: number; after: number; full: number }> {
  const before = mesh.geometry.index?.count ?? 0;
  const head = new HeadModel(new Group().add(mesh), ARKIT);
  head.wear({ plain: true, pixelRatio: 1 });
  await thinHead(head, now, () => wanted);
  const after = mesh.geometry.index?.count ?? 0;
  head.wear({ plain: false, pixelRatio: 1 });
  return { before, after, full: mesh.geometry.index?.count ?? 0 };
}

describe('thinning', () => {
  test('it leaves triangles out of the plain look alone', async () => {
    const { before, after, full } = await thinned(ball('skin'));
    expect(after).toBeGreaterThan(0);
    expect(after).toBeLessThan(before / 2);
    expect(full).toBe(before);
  });

  test('it stays near the shape that it had', async () => {
    const mesh = ball('skin');
    const head = new HeadModel(new Group().add(mesh), ARKIT);
    head.wear({ plain: true, pixelRatio: 1 });
    await thinHead(head, now, () => true);
    const { index } = mesh.geometry;
    const places = mesh.geometry.getAttribute('position');
    const middles = Array.from({ length: (index?.count ?? 0) / 3 }, (_, triangle) =>
      Math.hypot(
        ...['getX', 'getY', 'getZ'].map((axis) =>
          [0, 1, 2].reduce(
            (sum, k) => sum + places[axis as 'getX'](index?.getX(3 * triangle + k) ?? Number.NaN) / 3,
            0,
          ),
        ),
      ),
    );
    expect(Math.min(...middles)).toBeGreaterThan(HEAD_RADIUS - 0.002);
  });

  test('it keeps what a shape moves', async () => {
    const still = await thinned(ball('skin'));
    const moving = await thinned(ball('skin', 0.02));
    expect(moving.after).toBeGreaterThan(still.after);
  });

  test('a part that is large in its own unit is as coarse as another', async () => {
    const scaled = ball('skin');
    scaled.geometry.scale(1000, 1000, 1000);
    scaled.scale.setScalar(0.001);
    const [large, usual] = [await thinned(scaled), await thinned(ball('skin'))];
    expect(Math.abs(large.after - usual.after)).toBeLessThan(usual.after / 10);
  });

  test('eyes stay whole, and so does a head that nobody wants any more', async () => {
    const eyes = await thinned(ball('eyes'));
    expect(eyes.after).toBe(eyes.before);
    const unwanted = await thinned(ball('skin'), false);
    expect(unwanted.after).toBe(unwanted.before);
  });
});
