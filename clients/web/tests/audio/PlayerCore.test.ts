import { beforeEach, describe, expect, test } from 'vitest';
import { type EndedTurn, PlayerCore, SOURCE_RATE } from '../../src/audio/PlayerCore';

const BLOCK = 120; // 5 ms at 24 kHz

let core: PlayerCore;
let ended: EndedTurn[];

beforeEach(() => {
  ended = [];
  core = new PlayerCore(SOURCE_RATE);
  core.onEnded = (turn) => ended.push(turn);
});

function chunk(ms: number, value = 10_000): Int16Array {
  return new Int16Array(ms * 24).fill(value);
}

/** The next `ms` of sound. */
function play(ms: number): Float32Array {
  const out = new Float32Array(ms * 24);
  for (let at = 0; at < out.length; at += BLOCK) core.render(out.subarray(at, at + BLOCK));
  return out;
}

function loud(sound: Float32Array): number {
  return sound.filter((sample) => Math.abs(sample) > 0.2).length / 24;
}

describe('starting', () => {
  test('it waits until 120 ms are buffered', () => {
    core.enqueue(1, 0, chunk(100), false);
    expect(loud(play(50))).toBe(0);
    expect(core.report()).toMatchObject({ state: 'buffering', turn: 1, ptsMs: 0, bufferedMs: 100 });
    core.enqueue(1, 100, chunk(30), false);
    expect(loud(play(50))).toBeGreaterThan(45);
    expect(core.report()).toMatchObject({ state: 'playing', ptsMs: 50 });
  });

  test('it starts a short turn as soon as it is complete', () => {
    core.enqueue(1, 0, chunk(40), false);
    play(20);
    core.finish(1);
    expect(loud(play(40))).toBeGreaterThan(35);
    expect(ended).toEqual([{ turn: 1, ptsMs: 40 }]);
  });

  test('it counts from the pts of the first chunk', () => {
    core.enqueue(1, 5000, chunk(200), false);
    play(50);
    expect(core.report()).toMatchObject({ startMs: 5000, ptsMs: 5050 });
  });
});

describe('seams', () => {
  test('it fills a pause between chunks with silence', () => {
    core.enqueue(1, 0, chunk(100), false);
    core.enqueue(1, 200, chunk(100), true);
    const sound = play(300);
    expect(loud(sound.subarray(105 * 24, 195 * 24))).toBe(0);
    expect(loud(sound.subarray(205 * 24, 295 * 24))).toBeGreaterThan(85);
    expect(ended).toEqual([{ turn: 1, ptsMs: 300 }]);
  });

  test('it cuts off what overlaps', () => {
    core.enqueue(1, 0, chunk(150), false);
    core.enqueue(1, 100, chunk(100), true);
    play(210);
    expect(ended).toEqual([{ turn: 1, ptsMs: 200 }]);
  });

  test('it drops a chunk that lies wholly in the past', () => {
    core.enqueue(1, 0, chunk(200), false);
    core.enqueue(1, 50, chunk(20), true);
    play(210);
    expect(ended).toEqual([{ turn: 1, ptsMs: 200 }]);
  });

  test('it takes rounding of a millisecond for no gap', () => {
    core.enqueue(1, 0, new Int16Array(24 * 130 + 10).fill(10_000), false);
    core.enqueue(1, 131, chunk(50), true);
    play(200);
    expect(ended[0]?.ptsMs).toBeCloseTo(180 + 10 / 24, 6);
  });
});

describe('an underrun', () => {
  test('it is silent, waits for 120 ms and goes on without skipping', () => {
    core.enqueue(1, 0, chunk(150), false);
    play(200);
    expect(core.report()).toMatchObject({ state: 'stalled', ptsMs: 150, underruns: 1 });
    core.enqueue(1, 150, chunk(100), false);
    expect(loud(play(50))).toBe(0);
    core.enqueue(1, 250, chunk(100), true);
    play(100);
    expect(core.report()).toMatchObject({ state: 'playing', ptsMs: 250 });
    play(110);
    expect(ended).toEqual([{ turn: 1, ptsMs: 350 }]);
  });

  test('it neither starts nor stops with a click', () => {
    core.enqueue(1, 0, chunk(150, 20_000), false);
    const sound = play(200);
    const steps = sound.map((sample, i) => Math.abs(sample - (sound[i - 1] ?? 0)));
    expect(Math.max(...steps)).toBeLessThan(0.05);
  });
});

describe('turns', () => {
  test('it plays them one after the other, in their order', () => {
    core.enqueue(1, 0, chunk(60), true);
    core.enqueue(2, 0, chunk(60), true);
    play(140);
    expect(ended).toEqual([
      { turn: 1, ptsMs: 60 },
      { turn: 2, ptsMs: 60 },
    ]);
    expect(core.report()).toMatchObject({ state: 'idle', turn: 0 });
  });

  test('it is silent within 5 ms of a flush and never plays the turn again', () => {
    core.enqueue(1, 0, chunk(500), false);
    play(50);
    core.flush(1);
    expect(loud(play(50).subarray(5 * 24))).toBe(0);
    expect(core.enqueue(1, 500, chunk(200), true)).toBe(false);
    expect(loud(play(50))).toBe(0);
    expect(ended).toEqual([]);
  });

  test('it keeps newer turns when older ones are flushed', () => {
    core.enqueue(1, 0, chunk(500), true);
    core.enqueue(2, 0, chunk(50), true);
    play(20);
    core.flush(1);
    play(60);
    expect(ended).toEqual([{ turn: 2, ptsMs: 50 }]);
  });
});

test('it measures the level since the last report', () => {
  core.enqueue(1, 0, chunk(200, 16_384), false);
  play(50);
  core.report();
  play(50);
  expect(core.report().level).toBeCloseTo(0.5, 2);
});

test('it keeps time at another output rate', () => {
  core = new PlayerCore(48_000);
  core.onEnded = (turn) => ended.push(turn);
  core.enqueue(1, 0, chunk(1000), true);
  const out = new Float32Array(128);
  let frames = 0;
  for (; ended.length === 0; frames += out.length) core.render(out);
  expect(frames / 48).toBeGreaterThan(999);
  expect(frames / 48).toBeLessThan(1006);
});
