import {
  BufferGeometry,
  Group,
  Mesh,
  MeshStandardMaterial,
  NoColorSpace,
  ShaderLib,
  SRGBColorSpace,
  Texture,
  Uint32BufferAttribute,
} from 'three';
import { describe, expect, test } from 'vitest';
import { ARKIT, newFrame } from '../../src/face';
import { Wardrobe } from '../../src/viewer/dressing';
import { Glance } from '../../src/viewer/gazing';
import { maskOf } from '../../src/viewer/photo';
import { plainPatchFits } from '../../src/viewer/plain';

function looking(frame: { weights: Float32Array }): Record<string, number> {
  const names = ARKIT.filter((name) => name.startsWith('eyeLook'));
  return Object.fromEntries(names.map((name) => [name, frame.weights[ARKIT.indexOf(name)] ?? 0]));
}

describe('gaze', () => {
  test('it turns both eyes to the avatar’s left and up', () => {
    const glance = new Glance();
    glance.gaze = { x: 14, y: 11 };
    const turned = looking(glance.of(newFrame()));
    expect(turned).toMatchObject({
      eyeLookOutLeft: 0.5,
      eyeLookInRight: 0.5,
      eyeLookUpLeft: 0.5,
      eyeLookUpRight: 0.5,
    });
    expect(turned).toMatchObject({ eyeLookInLeft: 0, eyeLookOutRight: 0, eyeLookDownLeft: 0, eyeLookDownRight: 0 });
  });

  test('it starts from where the eyes look, and leaves the given face as it is', () => {
    const glance = new Glance();
    const frame = newFrame();
    frame.weights[ARKIT.indexOf('eyeLookDownLeft')] = 0.5; // 13 degrees
    glance.gaze = { x: 0, y: 13 };
    const turned = looking(glance.of(frame));
    expect(turned.eyeLookDownLeft).toBeCloseTo(0, 6);
    expect(turned.eyeLookUpLeft).toBeCloseTo(0, 6);
    expect(turned.eyeLookUpRight).toBeCloseTo(13 / 22, 6);
    expect(looking(frame).eyeLookDownLeft).toBe(0.5);
    expect(looking(frame).eyeLookUpRight).toBe(0);
  });

  test('straight ahead costs nothing', () => {
    const frame = newFrame();
    expect(new Glance().of(frame)).toBe(frame);
  });
});

describe('the edges of a photo', () => {
  test('they melt where they lie inside of the picture alone', () => {
    const mask = maskOf({ left: 0.2, right: 0.8, top: -0.1, bottom: 1.1 });
    expect(mask).toContain('to right, transparent 20.00%');
    expect(mask).toContain('transparent 80.00%');
    expect(mask).toContain('linear-gradient(to bottom, #000 0%, #000 100%)');
  });
});

describe('the plain look', () => {
  test('its light fits this three.js', () => {
    expect(plainPatchFits(ShaderLib.basic)).toBe(true);
  });

  test('it can be put on and taken off, and coarse pixels have no lashes', () => {
    const full = new MeshStandardMaterial({ name: 'lash', alphaTest: 0.4 });
    const lash = new Mesh(new BufferGeometry(), full);
    const wardrobe = new Wardrobe(new Group().add(lash));
    wardrobe.wear({ plain: true, pixelRatio: 0.5 });
    expect(lash.material).toMatchObject({ type: 'MeshBasicMaterial', name: 'lash', alphaTest: 0.4 });
    expect(lash.visible).toBe(false);
    wardrobe.wear({ plain: false, pixelRatio: 1 });
    expect(lash.material).toBe(full);
    expect(lash.visible).toBe(true);
  });

  test('it decodes colours itself', () => {
    const map = Object.assign(new Texture(), { colorSpace: SRGBColorSpace });
    const wardrobe = new Wardrobe(
      new Group().add(new Mesh(new BufferGeometry(), new MeshStandardMaterial({ map }))),
    );
    wardrobe.wear({ plain: false, pixelRatio: 1 });
    expect(map).toMatchObject({ colorSpace: SRGBColorSpace, anisotropy: 8 });
    wardrobe.wear({ plain: true, pixelRatio: 1 });
    expect(map).toMatchObject({ colorSpace: NoColorSpace, anisotropy: 1 });
    wardrobe.wear({ plain: false, pixelRatio: 1 });
    expect(map).toMatchObject({ colorSpace: SRGBColorSpace, anisotropy: 8 });
  });

  test('it draws other triangles than the full look, where it was told', () => {
    const mesh = new Mesh(new BufferGeometry(), new MeshStandardMaterial());
    const wardrobe = new Wardrobe(new Group().add(mesh));
    const [full, plain] = [
      [0, 1, 2, 2, 1, 3],
      [0, 1, 2],
    ].map((index) => new Uint32BufferAttribute(index, 1));
    if (full === undefined || plain === undefined) throw new Error('two cuts');
    wardrobe.wear({ plain: true, pixelRatio: 1 });
    wardrobe.trim(mesh, { full, plain });
    expect(mesh.geometry.index).toBe(plain);
    wardrobe.wear({ plain: false, pixelRatio: 1 });
    expect(mesh.geometry.index).toBe(full);
  });
});
