import { beforeEach, describe, expect, test } from 'vitest';
import { CaptionTrack } from '../../src/captions/CaptionTrack';

let track: CaptionTrack;

beforeEach(() => {
  track = new CaptionTrack(1);
  track.addText('Well, well — “hello”!', 0);
  track.addWords([
    ['Well', 0, 200],
    ['well', 250, 400],
    ['hello', 600, 900],
  ]);
});

describe('segments', () => {
  test('they make up the text exactly, each word found once', () => {
    const segments = track.segments();
    expect(segments.map(({ text }) => text).join('')).toBe(track.text);
    expect(segments.filter(({ word }) => word >= 0).map(({ text }) => text)).toEqual(['Well', 'well', 'hello']);
  });

  test('text without times yet is one piece at the end', () => {
    track.addText(' More to come', 1);
    expect(track.segments().at(-1)).toEqual({ text: '”! More to come', word: -1 });
  });

  test('a word that is not in the text is left out', () => {
    track.addWords([['ghost', 1000, 1100]]);
    expect(track.segments().some(({ word }) => word === 3)).toBe(false);
  });

  test('words of a script without spaces are found too', () => {
    const japanese = new CaptionTrack(2);
    japanese.addText('おはようございます。', 0);
    japanese.addWords([
      ['おはよう', 0, 400],
      ['ございます', 400, 900],
    ]);
    expect(japanese.segments().map(({ text }) => text)).toEqual(['おはよう', 'ございます', '。']);
  });
});

describe('seeking', () => {
  test.each([
    [-10, -1],
    [0, 0],
    [249, 0],
    [250, 1],
    [5000, 2],
  ])('at %i ms the current word is %i', (ptsMs, word) => {
    track.seek(ptsMs);
    expect(track.current).toBe(word);
  });

  test('it tells only changes, forwards and back', () => {
    expect([0, 100, 300, 300, 50].map((ptsMs) => track.seek(ptsMs))).toEqual([true, false, true, false, true]);
    expect(track.current).toBe(0);
  });
});

describe('what comes again', () => {
  test('words that were there are passed over', () => {
    track.addWords([
      ['well', 250, 400],
      ['hello', 600, 900],
      ['again', 950, 1200],
    ]);
    track.addText(' again', 1);
    expect(track.segments().filter(({ word }) => word >= 0)).toHaveLength(4);
  });

  test('a clause counts as new once media came between', () => {
    expect(track.addText('No.', 0)).toBe(true);
    expect(track.addText('No.', 0)).toBe(false);
    expect(track.addText('No.', 1)).toBe(true);
  });
});

test('a long text is shown line by line, the current word always on it', () => {
  const long = new CaptionTrack(3);
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`);
  long.addText(words.join(' '), 0);
  long.addWords(words.map((word, i) => [word, i * 100, i * 100 + 90]));
  for (let i = 0; i < words.length; i++) {
    long.seek(i * 100);
    const line = long.line(40);
    expect(line.some(({ word }) => word === i)).toBe(true);
    expect(line.map(({ text }) => text).join('').length).toBeLessThan(50);
  }
});

test.each([
  ['Good morning! ', 'Shall we?', 'Good morning! Shall we?'],
  ['Good morning!', ' Shall we?', 'Good morning! Shall we?'],
  ['おはよう。', '元気ですか。', 'おはよう。元気ですか。'],
])('clauses join as the text has them: %s + %s', (first, second, joined) => {
  const joining = new CaptionTrack(4);
  joining.addText(first, 0);
  joining.addText(second, 1);
  expect(joining.text).toBe(joined);
});
