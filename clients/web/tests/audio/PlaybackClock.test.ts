import { beforeEach, describe, expect, test } from 'vitest';
import { heardTime } from '../../src/audio/OutputClock';
import { PlaybackClock } from '../../src/audio/PlaybackClock';
import type { PlayerReport } from '../../src/audio/PlayerCore';

let clock: PlaybackClock;

beforeEach(() => {
  clock = new PlaybackClock();
});

function report(changes: Partial<PlayerReport>): PlayerReport {
  return { state: 'playing', turn: 1, startMs: 0, ptsMs: 0, bufferedMs: 500, level: 0, underruns: 0, ...changes };
}

describe('while playing', () => {
  test('it runs on between reports', () => {
    clock.report(report({ ptsMs: 1000 }), 10);
    expect(clock.position(10.015)?.ptsMs).toBeCloseTo(1015, 6);
  });

  test('it takes the output latency off: what is made now is heard later', () => {
    clock.report(report({ ptsMs: 1000 }), 10);
    expect(clock.position(9.95)?.ptsMs).toBeCloseTo(950, 6);
  });

  test('it never runs backwards within a turn', () => {
    clock.report(report({ ptsMs: 1000 }), 10);
    clock.position(10.02);
    clock.report(report({ ptsMs: 1010 }), 10.02);
    expect(clock.position(10.021)?.ptsMs).toBeCloseTo(1020, 6);
  });

  test('it begins anew with the next turn', () => {
    clock.report(report({ ptsMs: 9000 }), 10);
    clock.position(10);
    clock.report(report({ turn: 2, ptsMs: 5 }), 11);
    expect(clock.position(11)).toEqual({ turn: 2, ptsMs: 5, moving: true });
  });
});

test('it stands still in an underrun', () => {
  clock.report(report({ state: 'stalled', ptsMs: 400 }), 10);
  expect(clock.position(10.5)).toEqual({ turn: 1, ptsMs: 400, moving: false });
});

test.each(['idle', 'buffering'] as const)('it has no position while %s', (state) => {
  clock.report(report({ state }), 10);
  expect(clock.position(10)).toBeNull();
});

describe('the end of a turn', () => {
  beforeEach(() => {
    clock.report(report({ ptsMs: 980 }), 10);
    clock.ended({ turn: 1, ptsMs: 1000 }, 10.02);
    clock.report(report({ turn: 2, startMs: 0, ptsMs: 0 }), 10.03);
  });

  test('it is heard out before the next turn has a position', () => {
    expect(clock.position(10.01)).toMatchObject({ turn: 1 });
    expect(clock.position(10.01)?.ptsMs).toBeCloseTo(990, 6);
    expect(clock.takeEnded(10.01)).toBeNull();
    expect(clock.takeEnded(10.02)).toEqual({ turn: 1, ptsMs: 1000 });
    expect(clock.position(10.04)).toMatchObject({ turn: 2 });
  });

  test('it is told once', () => {
    clock.takeEnded(10.1);
    expect(clock.takeEnded(10.2)).toBeNull();
  });

  test('it is not told of a flushed turn', () => {
    clock.flush(1);
    expect(clock.takeEnded(10.1)).toBeNull();
    expect(clock.position(10.04)).toMatchObject({ turn: 2 });
  });
});

test('late reports of a flushed turn change nothing', () => {
  clock.flush(1);
  clock.report(report({ ptsMs: 1000 }), 10);
  clock.ended({ turn: 1, ptsMs: 1000 }, 10);
  expect(clock.position(10)).toBeNull();
  expect(clock.takeEnded(11)).toBeNull();
});

describe('the moment that is heard', () => {
  test('it follows the output stamp', () => {
    const context = { currentTime: 5, getOutputTimestamp: () => ({ contextTime: 4.9, performanceTime: 1000 }) };
    expect(heardTime(context, 1020)).toBeCloseTo(4.92, 9);
  });

  test('it does not pass what is made', () => {
    const context = { currentTime: 5, getOutputTimestamp: () => ({ contextTime: 4.99, performanceTime: 1000 }) };
    expect(heardTime(context, 1500)).toBe(5);
  });

  test.each([
    ['there is no stamp', undefined],
    ['the stamp is empty', () => ({ contextTime: 0, performanceTime: 0 })],
    ['the stamp is far off', () => ({ contextTime: 1, performanceTime: 1000 })],
  ])('it takes the latency off when %s', (_what, stamp) => {
    const context = { currentTime: 5, outputLatency: 0.04, ...(stamp && { getOutputTimestamp: stamp }) };
    expect(heardTime(context, 1000)).toBeCloseTo(4.96, 9);
  });
});
