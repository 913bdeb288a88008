import { BufferAttribute, BufferGeometry, Mesh } from 'three';
import { describe, expect, test } from 'vitest';
import { SparseMorph } from '../../src/viewer/SparseMorph';

/** Two vertices, quantised as files are; the first shape moves the second vertex right, the other both up. */
function mesh(): Mesh {
  const geometry = new BufferGeometry();
  const quantised = (...values: number[]) => new BufferAttribute(new Int16Array(values), 3, true);
  geometry.setAttribute('position', quantised(0, 0, 0, 32767, 0, 0));
  geometry.morphAttributes.position = [quantised(0, 0, 0, 16384, 0, 0), quantised(0, 8192, 0, 0, 8192, 0)];
  geometry.morphTargetsRelative = true;
  return new Mesh(geometry);
}

describe('shapes of a face', () => {
  test('they add up by their weights, and go back to rest', () => {
    const face = mesh();
    const rest = [0, 0, 0, 1, 0, 0];
    const morph = SparseMorph.of(face);
    const shown = () =>
      [...face.geometry.getAttribute('position').array].map((value) => Math.round(value * 1e3) / 1e3);
    face.morphTargetInfluences?.splice(0, 2, 0.5, 1);
    morph?.apply();
    expect(shown()).toEqual([0, 0.25, 0, 1.25, 0.25, 0]);
    face.morphTargetInfluences?.splice(0, 2, 0, 0);
    morph?.apply();
    expect(shown()).toEqual(rest);
  });

  test('nothing is sent to the graphics card while no weight changes', () => {
    const face = mesh();
    const morph = SparseMorph.of(face);
    const { version } = face.geometry.getAttribute('position') as BufferAttribute;
    morph?.apply();
    expect((face.geometry.getAttribute('position') as BufferAttribute).version).toBe(version);
    face.morphTargetInfluences?.splice(0, 1, 0.3);
    morph?.apply();
    morph?.apply();
    expect((face.geometry.getAttribute('position') as BufferAttribute).version).toBe(version + 1);
  });

  test('the graphics card keeps what is not theirs: colours, and shapes that replace', () => {
    const coloured = mesh();
    coloured.geometry.morphAttributes.color = [];
    const replaced = mesh();
    replaced.geometry.morphTargetsRelative = false;
    for (const face of [coloured, replaced, new Mesh(new BufferGeometry())]) {
      expect(SparseMorph.of(face)).toBeNull();
    }
    expect(replaced.geometry.morphAttributes.position).toHaveLength(2);
  });
});
