import { describe, expect, test } from 'vitest';
import { MessageFormatError } from '../../src/protocol/Fields';
import { parseServerMessage } from '../../src/protocol/parse';
import { READY } from '../support/FakeServer';

function parse(message: object) {
  return parseServerMessage(JSON.stringify(message));
}

describe('known messages', () => {
  test('it reads all of session.ready', () => {
    expect(parse(READY)).toEqual(READY);
  });

  test('it reads what a session drawn on the server shows, and passes over codecs of the future', () => {
    const video = { codecs: ['vp9', 'vp8', 'jpeg'], width: 512, fps: 25, kbps: 4000 };
    expect(parse({ ...READY, video })).toEqual({ ...READY, video: { ...video, codecs: ['vp8', 'jpeg'] } });
  });

  test('it reads a look, and takes what it does not know as the usual', () => {
    const look = { gaze: { x: -4, y: 6 }, framing: 'bust', background: { url: '/wall.webp' } };
    expect(parse({ ...READY, look })).toEqual({ ...READY, look });
    const future = { gaze: null, framing: 'feet', background: { video: '/wall.mp4' } };
    expect(parse({ ...READY, look: future })).toEqual(READY);
  });

  test('it reads a change of the pictures', () => {
    const changed = { type: 'video.changed', codec: 'vp8', width: 384, height: 384, fps: 20, renderer: 'head' };
    expect(parse(changed)).toEqual(changed);
  });

  test('it reads seeds as unsigned', () => {
    expect(parse({ ...READY, seed: 4294967295 })).toMatchObject({ seed: 4294967295 });
  });

  test('it reads words as text and two times', () => {
    const message = { type: 'turn.words', turn: 2, words: [['Hi', 0, 120]] };
    expect(parse(message)).toEqual(message);
  });

  test('it reads a problem with its code and request', () => {
    const problem = {
      type: 'error',
      code: 'quota_exceeded',
      title: 'No minutes left',
      detail: 'Wait.',
      hint: 'Take a larger plan.',
      request_id: 'r1',
    };
    const body = { ...problem, status: 402, metric: 'avatar_ms', limit: 60000 };
    expect(parse(body)).toEqual({ ...problem, body });
  });

  test('it leaves out timings that are no numbers', () => {
    const timings = { voice_first_chunk_ms: 80, first_video_ms: null };
    const message = {
      type: 'turn.finished',
      turn: 1,
      outcome: 'completed',
      heard_text: 'Hi',
      spoken_ms: 9,
      timings,
    };
    expect(parse(message)).toMatchObject({ timings: { voice_first_chunk_ms: 80 } });
  });
});

test('it passes over a type of a newer server', () => {
  expect(parse({ type: 'turn.confetti', turn: 1 })).toEqual({ type: 'unknown', name: 'turn.confetti' });
});

describe('malformed messages', () => {
  test.each([
    ['a list', '[]'],
    ['null', 'null'],
    ['no type', '{}'],
    ['a turn that is text', '{"type":"turn.text","turn":"1","delta":""}'],
    ['a turn that is infinite', '{"type":"turn.text","turn":1e999,"delta":""}'],
    ['an unknown outcome', '{"type":"turn.finished","turn":1,"outcome":"bored"}'],
    ['words that are no list', '{"type":"turn.words","turn":1,"words":{}}'],
    ['a session without an avatar', '{"type":"session.ready","session":"s"}'],
  ])('it refuses %s', (_what, text) => {
    expect(() => parseServerMessage(text)).toThrow(MessageFormatError);
  });
});
