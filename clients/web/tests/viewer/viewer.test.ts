import {
  BufferAttribute,
  BufferGeometry,
  Group,
  Mesh,
  MeshBasicMaterial,
  MeshStandardMaterial,
  NoColorSpace,
  Object3D,
  ShaderLib,
  SRGBColorSpace,
  Texture,
} from 'three';
import { describe, expect, test } from 'vitest';
import { ARKIT, newFrame } from '../../src/face';
import { dressHead, photoPatchFits, skinPatchFits } from '../../src/viewer/dressing';
import { FrameMeter } from '../../src/viewer/FrameMeter';
import { frameHead, framePhoto } from '../../src/viewer/framing';
import { HeadModel } from '../../src/viewer/HeadModel';
import { LEVELS, type Quality, QualityGovernor } from '../../src/viewer/QualityGovernor';

const NATURAL = { eyeLevel: 0, depth: 0, scale: 1 };

function part(name: string, morphs: readonly string[]): Mesh {
  const geometry = new BufferGeometry();
  geometry.setAttribute(
    'position',
    new BufferAttribute(new Float32Array([-0.0435, -0.01, 0, 0.0435, 0.01, 0, 0, 0, 0]), 3),
  );
  const mesh = new Mesh(geometry, new MeshStandardMaterial({ name }));
  mesh.name = name;
  mesh.morphTargetInfluences = morphs.map(() => 0);
  mesh.morphTargetDictionary = Object.fromEntries(morphs.map((morph, index) => [morph, index]));
  return mesh;
}

describe('a head', () => {
  test('it sets a morph in every mesh that has it, by name', () => {
    const skin = part('skin', ['eyeBlinkLeft', 'jawOpen']);
    const teeth = part('teeth', ['face.jawOpen']);
    const head = new HeadModel(new Group().add(skin, teeth), ARKIT);
    const frame = newFrame();
    frame.weights[ARKIT.indexOf('jawOpen')] = 0.5;
    expect(head.show(frame, 1)).toBe(1);
    expect(skin.morphTargetInfluences).toEqual([0, 0.5]);
    expect(teeth.morphTargetInfluences).toEqual([0.5]);
    expect(head.channels).toBe(2);
  });

  test('it touches only what changed', () => {
    const head = new HeadModel(new Group().add(part('skin', ['jawOpen'])), ARKIT);
    const frame = newFrame();
    frame.weights[ARKIT.indexOf('jawOpen')] = 0.5;
    head.show(frame, 1);
    expect(head.show(frame, 1)).toBe(0);
    frame.weights[ARKIT.indexOf('jawOpen')] = 0;
    expect(head.show(frame, 1)).toBe(1);
  });

  test('it turns the joint named head: left is the viewer’s right, up is up', () => {
    const joint = Object.assign(new Object3D(), { name: 'head' });
    const head = new HeadModel(new Group().add(joint), ARKIT);
    const frame = newFrame();
    frame.head.set([10, 5, 0]);
    head.show(frame, 1);
    const nose = joint.localToWorld(joint.position.clone().set(0, 0, 1));
    expect(nose.x).toBeGreaterThan(0.1);
    expect(nose.y).toBeGreaterThan(0.05);
    head.show(frame, 0);
    expect(joint.quaternion.w).toBeCloseTo(1, 9);
  });

  test('it turns as a whole where there is no joint', () => {
    const root = new Group().add(part('skin', []));
    const frame = newFrame();
    frame.head.set([10, 0, 0]);
    new HeadModel(root, ARKIT).show(frame, 1);
    expect(root.quaternion.y).toBeGreaterThan(0.01);
  });

  test('it is measured by its eyes', () => {
    const eyes = part('eyes', []);
    eyes.position.y = 1.6;
    const { eyeLevel, scale } = new HeadModel(new Group().add(eyes), ARKIT).measure;
    expect(eyeLevel).toBeCloseTo(1.6, 6);
    expect(scale).toBeCloseTo(1, 6);
  });
});

describe('dressing', () => {
  test('the skin’s light fits this three.js', () => {
    expect(skinPatchFits()).toBe(true);
  });

  test('a photo is shown as it is, without decoding, but for one that is tinted', () => {
    expect(photoPatchFits(ShaderLib.basic)).toBe(true);
    const [plain, tinted] = [0xffffff, 0x808080].map((color) => {
      const map = Object.assign(new Texture(), { colorSpace: SRGBColorSpace });
      const mesh = new Mesh(new BufferGeometry(), new MeshBasicMaterial({ color, map }));
      dressHead(new Group().add(mesh));
      return { toneMapped: mesh.material.toneMapped, colorSpace: map.colorSpace };
    });
    expect(plain).toEqual({ toneMapped: false, colorSpace: NoColorSpace });
    expect(tinted).toEqual({ toneMapped: false, colorSpace: SRGBColorSpace });
  });

  test('thin parts throw no shadow', () => {
    const lash = part('lash', []);
    const skin = part('skin', []);
    dressHead(new Group().add(lash, skin));
    expect([lash.castShadow, skin.castShadow, lash.receiveShadow, skin.receiveShadow]).toEqual([
      false,
      true,
      false,
      true,
    ]);
  });
});

describe('framing', () => {
  test.each([1, 1.78, 2.4])('a picture of shape %f shows head and shoulders', (aspect) => {
    const { fov, distance } = frameHead(aspect, NATURAL);
    expect(2 * distance * Math.tan((fov * Math.PI) / 360)).toBeCloseTo(0.365, 6);
  });

  test.each([0.46, 0.5625, 0.7])('a narrow picture of shape %f shows the whole head', (aspect) => {
    const { fov, distance } = frameHead(aspect, NATURAL);
    expect(2 * distance * Math.tan((fov * Math.PI) / 360) * aspect).toBeGreaterThanOrEqual(0.2599);
  });

  test.each([0.46, 1, 2])('the picture of shape %f ends where the bust ends', (aspect) => {
    const { fov, distance, level } = frameHead(aspect, NATURAL);
    expect(level - distance * Math.tan((fov * Math.PI) / 360)).toBeCloseTo(-0.2, 6);
  });

  test('a face is half as large again, a bust stands on the lower edge', () => {
    const shown = ({ fov, distance }: { fov: number; distance: number }) =>
      2 * distance * Math.tan((fov * Math.PI) / 360);
    const head = frameHead(1, NATURAL);
    const bust = frameHead(1, NATURAL, 'bust');
    expect(shown(frameHead(1, NATURAL, 'face'))).toBeCloseTo(shown(head) / 1.5, 6);
    expect(frameHead(1, NATURAL, 'face').level).toBeCloseTo(head.level, 6);
    expect(shown(bust)).toBeCloseTo(shown(head) / 0.8, 6);
    expect(bust.level - shown(bust) / 2).toBeCloseTo(-0.222, 6);
  });

  test.each([0.4, 0.7, 1, 1.6, 2.5])('a photo in a picture of shape %f stands on its lower edge', (aspect) => {
    const { fov, level, shift } = framePhoto(aspect, NATURAL);
    const height = 2 * Math.tan((fov * Math.PI) / 360);
    const middle = level - shift * height;
    expect(level).toBeCloseTo(-0.0175, 6); // the camera for which its depth was made
    expect(middle - height / 2).toBeGreaterThan(-0.2);
    expect(height).toBeLessThanOrEqual(Math.max(0.365, (0.365 * 0.72) / aspect));
    expect(framePhoto(aspect, NATURAL, 'bust')).toEqual(framePhoto(aspect, NATURAL));
  });

  test('another scale moves the camera, not the picture', () => {
    const metres = frameHead(1, NATURAL);
    const centimetres = frameHead(1, { eyeLevel: 160, depth: 0, scale: 100 });
    expect(centimetres.fov).toBe(metres.fov);
    expect(centimetres.level).toBeCloseTo(160 + 100 * metres.level, 6);
  });
});

describe('quality', () => {
  function run(governor: QualityGovernor, stepMs: number, count: number): void {
    for (let i = 0; i < count; i++) governor.note(stepMs);
  }

  test('it starts finer than plain screens', () => {
    expect(new QualityGovernor(1).quality.pixelRatio).toBe(1.5);
    expect(new QualityGovernor(3).quality.pixelRatio).toBe(2);
  });

  test('it stays while pictures come in time', () => {
    const governor = new QualityGovernor(2);
    run(governor, 16.7, 1000);
    expect(governor.quality).toEqual({ pixelRatio: 2, shadows: true, plain: false });
  });

  test('it goes down step by step, not below its least', () => {
    const governor = new QualityGovernor(2);
    const seen = new Set<Quality>();
    for (let i = 0; i < 1000; i++) {
      governor.note(40);
      seen.add(governor.quality);
    }
    expect([...seen]).toEqual(LEVELS.slice(0));
  });

  test('it forgives the first pictures', () => {
    const governor = new QualityGovernor(2);
    run(governor, 900, 3);
    run(governor, 16.7, 100);
    expect(governor.quality.pixelRatio).toBe(2);
  });

  test('without a graphics card it begins plain, and keeps its sharpness at 20 pictures a second', () => {
    const governor = new QualityGovernor(2, true);
    run(governor, 49, 1000);
    expect(governor.quality).toEqual({ pixelRatio: 1, shadows: false, plain: true });
    run(governor, 200, 100);
    expect(governor.quality).toEqual(LEVELS.at(-1));
  });
});

test('the meter leaves pauses out', () => {
  const meter = new FrameMeter();
  meter.begin(0);
  expect(meter.begin(20)).toBe(20);
  meter.pause();
  expect(meter.begin(90_000)).toBe(0);
  expect(meter.fps).toBe(50);
});
