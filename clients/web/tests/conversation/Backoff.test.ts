import { expect, test } from 'vitest';
import { Backoff } from '../../src/conversation/Backoff';

test('it doubles up to its bound', () => {
  const backoff = new Backoff({ firstMs: 100, longestMs: 1000, random: () => 1 });
  expect(Array.from({ length: 6 }, () => backoff.next())).toEqual([100, 200, 400, 800, 1000, 1000]);
});

test('it waits between half of the bound and all of it', () => {
  expect(new Backoff({ firstMs: 100, random: () => 0 }).next()).toBe(50);
  expect(new Backoff({ firstMs: 100, random: () => 0.5 }).next()).toBe(75);
});

test('it is exhausted after its attempts, and fresh after a success', () => {
  const backoff = new Backoff({ attempts: 2, random: () => 1, firstMs: 10 });
  backoff.next();
  expect(backoff.exhausted).toBe(false);
  backoff.next();
  expect(backoff.exhausted).toBe(true);
  backoff.reset();
  expect(backoff.exhausted).toBe(false);
  expect(backoff.next()).toBe(10);
});
