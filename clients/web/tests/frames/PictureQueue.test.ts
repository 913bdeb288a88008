import { describe, expect, test } from 'vitest';
import { PictureQueue } from '../../src/frames/PictureQueue';
import { seeded } from '../support/seeded';

class Bitmap {
  closed = 0;

  close(): void {
    this.closed += 1;
  }
}

const heard = (turn: number, ptsMs: number) => ({ turn, ptsMs, moving: true });
const picture = (turn: number, ptsMs: number) => ({ turn, ptsMs, image: new Bitmap() });

function queueOf(...pictures: readonly (readonly [turn: number, ptsMs: number])[]) {
  const queue = new PictureQueue<Bitmap>();
  const made = pictures.map(([turn, ptsMs]) => picture(turn, ptsMs));
  for (const one of made) queue.add(one);
  return { queue, made };
}

describe('what is shown', () => {
  test('it is the newest picture whose moment has come', () => {
    const { queue, made } = queueOf([1, 0], [1, 40], [1, 80], [1, 120]);
    expect(queue.pick(heard(1, 60), 30)).toBe(made[2]);
    expect(made.map(({ image }) => image.closed)).toEqual([1, 1, 0, 0]);
    expect(queue.pick(heard(1, 60), 30)).toBe(made[2]);
    expect(queue.pick(heard(1, 90), 30)).toBe(made[3]);
    expect(made[2]?.image.closed).toBe(1);
  });

  test('between turns it is the newest one of the rest', () => {
    const { queue, made } = queueOf([0, 1000], [0, 1100], [1, 0]);
    expect(queue.pick(null, 30)).toBe(made[1]);
    expect(queue.waiting).toBe(1);
  });

  test('a turn takes over with its first picture, and the rest with the end of its sound', () => {
    const { queue, made } = queueOf([0, 1000], [1, 100]);
    expect(queue.pick(heard(1, 0), 30)).toBe(made[0]);
    expect(queue.pick(heard(1, 80), 30)).toBe(made[1]);
    queue.add(picture(0, 1100));
    expect(queue.pick(heard(1, 120), 30)).toBe(made[1]);
    expect(queue.pick(null, 30)?.turn).toBe(0);
  });

  test('it is nothing before the first picture', () => {
    expect(queueOf().queue.pick(heard(1, 0), 30)).toBeNull();
  });
});

describe('what is not shown', () => {
  test('a picture after its moment is late and closed', () => {
    const { queue, made } = queueOf([1, 80]);
    queue.pick(heard(1, 100), 30);
    const late = picture(1, 40);
    queue.add(late);
    expect(late.image.closed).toBe(1);
    expect([queue.late(1), queue.late(2)]).toEqual([1, 0]);
    expect(made[0]?.image.closed).toBe(0);
  });

  test('an interrupted turn is closed at once, and what comes of it later too', () => {
    const { queue, made } = queueOf([1, 0], [1, 40], [2, 0]);
    queue.flush(1);
    const stray = picture(1, 80);
    queue.add(stray);
    expect([...made, stray].map(({ image }) => image.closed)).toEqual([1, 1, 0, 1]);
    expect(queue.pick(heard(2, 0), 30)).toBe(made[2]);
  });

  test('everything is closed in the end, once', () => {
    const { queue, made } = queueOf([0, 0], [1, 0], [1, 40]);
    queue.pick(heard(1, 0), 30);
    queue.clear();
    expect(made.map(({ image }) => image.closed)).toEqual([1, 1, 1]);
  });
});

test('whatever comes, no image is lost, closed twice, or shown after it was closed', () => {
  const next = seeded(7);
  const queue = new PictureQueue<Bitmap>();
  const all: Bitmap[] = [];
  let ptsMs = 0;
  for (let step = 0; step < 3000; step++) {
    const one = picture(Math.floor(next() * 3), Math.floor(next() * 2000));
    all.push(one.image);
    queue.add(one);
    ptsMs += 5;
    const shown = queue.pick(next() < 0.3 ? null : heard(1 + Math.floor(step / 1500), ptsMs % 2000), 30);
    expect(shown?.image.closed ?? 0).toBe(0);
    expect(queue.waiting).toBeLessThanOrEqual(24);
    if (next() < 0.01) queue.flush(0);
  }
  queue.clear();
  expect(all.every(({ closed }) => closed === 1)).toBe(true);
});
