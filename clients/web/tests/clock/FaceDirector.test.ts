import { beforeEach, describe, expect, test } from 'vitest';
import type { Position } from '../../src/audio/Playback';
import { FaceDirector } from '../../src/clock/FaceDirector';
import { ARKIT, type FaceFrame, IdleFace, newFrame } from '../../src/face';

const JAW = ARKIT.indexOf('jawOpen');
const SEED = 7;
const CALM = { name: 'neutral', intensity: 0 };

let heard: Position | null;
let director: FaceDirector;

beforeEach(() => {
  heard = null;
  director = new FaceDirector({ idle: (seed) => new IdleFace(seed), position: () => heard, leadMs: 30 });
  director.begin(SEED, 1000, CALM, 0);
});

/** Frames whose jaw opens by 0.01 a frame, from `from` on. */
function frames(from: number, count: number): FaceFrame[] {
  return Array.from({ length: count }, (_, i) => {
    const frame = newFrame();
    frame.weights[JAW] = (from + i) / 100;
    return frame;
  });
}

function jaw(nowMs: number): number {
  return director.faceAt(nowMs).weights[JAW] ?? Number.NaN;
}

function hear(turn: number, ptsMs: number): void {
  heard = { turn, ptsMs, moving: true };
}

describe('between turns', () => {
  test('it plays the idle motion of the seed on the session clock, ahead by the lead', () => {
    const idle = new IdleFace(SEED);
    idle.setEmotion('neutral', 0, 1000);
    for (const nowMs of [0, 333, 5000, 60_000]) {
      expect([...director.faceAt(nowMs).weights]).toEqual([...idle.frame(1030 + nowMs).weights]);
    }
  });

  test('a face without a session rests', () => {
    expect([...new FaceDirector({ idle: (seed) => new IdleFace(seed) }).faceAt(0).weights]).toEqual(
      Array(52).fill(0),
    );
  });
});

describe('in a turn', () => {
  beforeEach(() => {
    director.startTurn(1, 4000, null);
    director.addFaces(1, 0, 10, frames(0, 20));
  });

  test('it shows the frame of what is heard plus the lead, mixed between neighbours', () => {
    hear(1, 70);
    director.faceAt(0);
    expect(jaw(200)).toBeCloseTo(0.01, 6);
    hear(1, 120);
    expect(jaw(250)).toBeCloseTo(0.015, 6);
  });

  test('it fades in within 150 ms and never jumps', () => {
    director.faceAt(0);
    hear(1, 1000);
    const start = jaw(1);
    const middle = jaw(76);
    expect(start).toBeCloseTo(0, 2);
    expect(middle).toBeGreaterThan(0.03);
    expect(middle).toBeLessThan(0.07);
    expect(jaw(151)).toBeCloseTo(0.103, 3);
  });

  test('it is idle until the first face is due, and when there is none', () => {
    hear(1, -50);
    director.faceAt(0);
    expect(director.turn).toBe(0);
    hear(1, -25);
    director.faceAt(10);
    expect(director.turn).toBe(1);
    director.startTurn(2, 9000, null);
    hear(2, 500);
    director.faceAt(20);
    expect(director.turn).toBe(0);
  });

  test('it holds the last frame when faces run out before the sound', () => {
    hear(1, 1900);
    director.faceAt(0);
    hear(1, 3000);
    expect(jaw(500)).toBeCloseTo(0.19, 6);
  });

  test('it sets the session clock to the turn, so that idle goes on from there', () => {
    hear(1, 1500);
    director.faceAt(100);
    heard = null;
    expect(director.sessionMs(100)).toBe(5500);
    expect(director.sessionMs(350)).toBe(5750);
  });

  test('it fades back to idle after the turn', () => {
    hear(1, 1900);
    director.faceAt(0);
    director.faceAt(1000);
    heard = null;
    const first = jaw(1016);
    expect(first).toBeCloseTo(0.19, 2);
    expect(jaw(1100)).toBeLessThan(first);
    const idle = new IdleFace(SEED);
    idle.setEmotion('neutral', 0, 1000);
    expect(jaw(1200)).toBeCloseTo(idle.frame(director.sessionMs(1200) + 30).weights[JAW] ?? -1, 6);
  });

  test('frames that were there are passed over, late ones counted', () => {
    director.addFaces(1, 0, 10, frames(50, 10));
    hear(1, 70);
    director.faceAt(0);
    expect(jaw(200)).toBeCloseTo(0.01, 6);
    expect(director.lateFrames(1)).toBe(0);
    hear(1, 2470);
    director.faceAt(300);
    director.addFaces(1, 2000, 10, frames(20, 10));
    expect(director.lateFrames(1)).toBe(5);
  });

  test('a flushed turn is not shown', () => {
    director.flush(1);
    hear(1, 500);
    director.faceAt(0);
    expect(director.turn).toBe(0);
    director.addFaces(1, 0, 10, frames(0, 5));
    director.faceAt(10);
    expect(director.turn).toBe(0);
  });
});

describe('emotion', () => {
  const SMILE = ARKIT.indexOf('mouthSmileLeft');

  test('it changes the idle face', () => {
    const before = director.faceAt(100).weights[SMILE] ?? 0;
    director.setEmotion({ name: 'happy', intensity: 1 }, 100);
    expect(director.faceAt(2000).weights[SMILE]).toBeGreaterThan(before + 0.1);
  });

  test('that of a turn goes with the turn', () => {
    director.startTurn(1, 4000, { name: 'happy', intensity: 1 });
    director.addFaces(1, 0, 10, frames(0, 5));
    hear(1, 100);
    director.faceAt(0);
    hear(1, 1000);
    director.faceAt(900);
    heard = null;
    director.faceAt(1000);
    const happy = director.faceAt(1200).weights[SMILE] ?? 0;
    expect(director.faceAt(3000).weights[SMILE]).toBeLessThan(happy - 0.1);
  });

  test('an unknown one leaves the face as it is', () => {
    director.setEmotion({ name: 'bliss', intensity: 1 }, 100);
    const idle = new IdleFace(SEED);
    idle.setEmotion('neutral', 0, 1000);
    expect([...director.faceAt(900).weights]).toEqual([...idle.frame(1930).weights]);
  });
});

test('a reconnection in mid-turn leaves the clock alone', () => {
  director.startTurn(1, 4000, null);
  director.addFaces(1, 0, 10, frames(0, 20));
  hear(1, 500);
  director.faceAt(100);
  director.begin(SEED, 99_999, CALM, 100);
  expect(director.sessionMs(100)).toBe(4500);
});
