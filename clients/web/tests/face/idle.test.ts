import { describe, expect, it } from 'vitest';
import { ARKIT, blend, EMOTIONS, type FaceFrame, IdleFace, newFrame } from '../../src/face';

const BLINK = ARKIT.indexOf('eyeBlinkLeft');

function copied(face: FaceFrame): number[] {
  return [...face.weights, ...face.head, ...face.gaze];
}

describe('IdleFace', () => {
  it('is a function of seed and time alone', () => {
    const forward = new IdleFace(11);
    const moments = Array.from({ length: 200 }, (_, i) => i * 61);
    const seen = moments.map((at) => copied(forward.frame(at)));
    const backward = new IdleFace(11);
    const again = moments.toReversed().map((at) => copied(backward.frame(at)));
    expect(again.toReversed()).toEqual(seen);
    expect(copied(new IdleFace(12).frame(5000))).not.toEqual(copied(new IdleFace(11).frame(5000)));
  });

  it('moves without jumps but for lids and eyes, and keeps weights within 0–1', () => {
    const face = new IdleFace(3);
    EMOTIONS.forEach((name, i) => {
      face.setEmotion(name, 1, 4000 * i);
    });
    let before = copied(face.frame(0));
    for (let at = 1000 / 60; at < 40_000; at += 1000 / 60) {
      const now = copied(face.frame(at));
      const steps = now.map((value, i) => Math.abs(value - (before[i] ?? 0)));
      expect(Math.max(...steps.filter((_, i) => i < 52 && !ARKIT[i]?.startsWith('eye')))).toBeLessThan(0.08);
      expect(Math.max(...steps.slice(52, 55))).toBeLessThan(0.75);
      expect(Math.min(...now.slice(0, 52))).toBeGreaterThanOrEqual(0);
      expect(Math.max(...now.slice(0, 52))).toBeLessThanOrEqual(1);
      before = now;
    }
  });

  it('blinks as people do', () => {
    const face = new IdleFace(5);
    let blinks = 0;
    let shut = false;
    for (let at = 0; at < 300_000; at += 1000 / 60) {
      const now = (face.frame(at).weights[BLINK] ?? 0) > 0.6;
      if (now && !shut) blinks++;
      shut = now;
    }
    expect(blinks / 5).toBeGreaterThan(12);
    expect(blinks / 5).toBeLessThan(24);
  });

  it('goes to an emotion from its moment on', () => {
    const face = new IdleFace(5);
    const smile = ARKIT.indexOf('mouthSmileLeft');
    face.setEmotion('happy', 1, 2000);
    expect(face.frame(2000).weights[smile]).toBeLessThan(0.2);
    expect(face.frame(2600).weights[smile]).toBeGreaterThan(0.7);
  });

  it.each([
    ['cheerful', 0.5],
    ['happy', 1.5],
    ['happy', -0.1],
    ['happy', Number.NaN],
  ])('refuses %s at %s and stays as it is', (name, intensity) => {
    const face = new IdleFace(5);
    expect(() => face.setEmotion(name, intensity, 0)).toThrow(RangeError);
    expect(copied(face.frame(3000))).toEqual(copied(new IdleFace(5).frame(3000)));
  });

  it('hands out one frame again and again', () => {
    const face = new IdleFace(5);
    expect(face.frame(0)).toBe(face.frame(16));
  });
});

describe('blend', () => {
  it('mixes two frames, also into one of them', () => {
    const a = newFrame();
    const b = newFrame();
    b.weights.fill(1);
    b.head[0] = 8;
    b.gaze[1] = -4;
    const half = blend(a, b, 0.5);
    expect([half.weights[0], half.head[0], half.gaze[1]]).toEqual([0.5, 4, -2]);
    expect(blend(a, b, 0).weights).toEqual(a.weights);
    expect(blend(a, b, 1, b)).toBe(b);
    expect(b.weights[51]).toBe(1);
  });
});
