import { beforeEach, expect, test } from 'vitest';
import { PlayerHost } from '../../src/audio/PlayerHost';
import type { PlayerEvent } from '../../src/audio/player-messages';

const BLOCK = 128 / 24_000;

let events: PlayerEvent[];
let host: PlayerHost;

beforeEach(() => {
  events = [];
  host = new PlayerHost(24_000, (event) => events.push(event));
});

function render(seconds: number): void {
  for (let at = 0; at < seconds; at += BLOCK) host.render([new Float32Array(128), new Float32Array(128)], at);
}

function audio(turn: number, ms: number, last: boolean): void {
  host.obey({ type: 'audio', turn, ptsMs: 0, samples: new Int16Array(24 * ms).fill(9000), last });
}

test('it reports about 50 times a second, each report true at its time', () => {
  audio(1, 2000, false);
  render(1);
  const reports = events.filter((event) => event.type === 'report');
  expect(reports.length).toBeGreaterThan(40);
  expect(reports.length).toBeLessThan(51);
  for (const report of reports) expect(report.ptsMs).toBeCloseTo(report.contextTime * 1000, 6);
});

test('it tells the end of a turn at the time of its last block', () => {
  audio(1, 500, true);
  render(1);
  const ended = events.find((event) => event.type === 'ended');
  expect(ended).toMatchObject({ turn: 1, ptsMs: 500 });
  expect(ended?.type === 'ended' && Math.abs(ended.contextTime - 0.5)).toBeLessThan(BLOCK);
});

test('it gives every channel the same sound', () => {
  audio(1, 500, false);
  const channels = [new Float32Array(128), new Float32Array(128)];
  host.render(channels, 0);
  expect(channels[1]).toEqual(channels[0]);
  expect(Math.max(...(channels[0] ?? []))).toBeGreaterThan(0.2);
});

test('it refuses audio of a flushed turn', () => {
  host.obey({ type: 'flush', throughTurn: 3 });
  audio(3, 100, true);
  expect(events).toEqual([{ type: 'refused', turn: 3 }]);
});

test('it closes when told', () => {
  expect(host.closed).toBe(false);
  host.obey({ type: 'close' });
  expect(host.closed).toBe(true);
});
