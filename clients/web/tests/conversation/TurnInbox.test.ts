import { describe, expect, test } from 'vitest';
import { TurnInbox } from '../../src/conversation/TurnInbox';
import { type MediaItem, MediaKind } from '../../src/protocol/media';
import { seeded } from '../support/seeded';

function item(seq: number, kind: MediaKind = MediaKind.audioPcm16, last = false): MediaItem {
  return { kind, key: true, last, turn: 1, ptsMs: seq * 100, seq, payload: new Uint8Array(0) };
}

function seqs(items: readonly MediaItem[]): number[] {
  return items.map(({ seq }) => seq);
}

test('it delivers every item once and in order, whatever order and repetition they come in', () => {
  const random = seeded(11);
  for (let round = 0; round < 100; round++) {
    const inbox = new TurnInbox(1, true);
    const coming = Array.from({ length: 20 }, (_, seq) => item(seq));
    const repeated = [...coming, ...coming.filter(() => random() < 0.5)];
    const shuffled = repeated.map((entry) => ({ entry, key: random() })).sort((a, b) => a.key - b.key);
    const delivered = shuffled.flatMap(({ entry }) => seqs(inbox.take(entry)));
    expect(delivered).toEqual(coming.map(({ seq }) => seq));
  }
});

describe('the last pair', () => {
  test('it counts only what came of both kinds', () => {
    const inbox = new TurnInbox(1, true);
    expect(inbox.lastPair).toBe(-1);
    inbox.take(item(0));
    inbox.take(item(0, MediaKind.face));
    inbox.take(item(1));
    expect(inbox.lastPair).toBe(0);
    inbox.take(item(1, MediaKind.face));
    expect(inbox.lastPair).toBe(1);
  });

  test('it does not count what waits behind a hole', () => {
    const inbox = new TurnInbox(1, true);
    inbox.take(item(0));
    inbox.take(item(2));
    expect(inbox.lastPair).toBe(0);
  });
});

test('a turn that was not announced counts from its first item', () => {
  const inbox = new TurnInbox(1, false);
  expect(seqs(inbox.take(item(7)))).toEqual([7]);
  expect(seqs(inbox.take(item(6)))).toEqual([]);
  expect(seqs(inbox.take(item(8)))).toEqual([8]);
});

test('draining gives up holes', () => {
  const inbox = new TurnInbox(1, true);
  for (const seq of [1, 2, 5]) inbox.take(item(seq));
  expect(seqs(inbox.drain())).toEqual([1, 2, 5]);
});

test('a hole that stays open is given up before memory fills', () => {
  const inbox = new TurnInbox(1, true);
  const delivered = Array.from({ length: 100 }, (_, i) => inbox.take(item(i + 1))).flat();
  expect(delivered.length).toBeGreaterThan(30);
  expect(seqs(delivered)).toEqual(Array.from({ length: delivered.length }, (_, i) => i + 1));
});

test('it is finished when the last of every kind came', () => {
  const inbox = new TurnInbox(1, true);
  inbox.take(item(0));
  inbox.take(item(0, MediaKind.face, true));
  expect(inbox.finished).toBe(false);
  inbox.take(item(1, MediaKind.audioPcm16, true));
  expect(inbox.finished).toBe(true);
});
