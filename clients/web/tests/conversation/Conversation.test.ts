import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Connection } from '../../src/conversation/Connection';
import { Conversation } from '../../src/conversation/Conversation';
import { FakeServer, NodeSocket, READY } from '../support/FakeServer';
import { Recorder } from '../support/Recorder';
import { RecordingPlayer } from '../support/RecordingPlayer';

let server: FakeServer;
let player: RecordingPlayer;
let conversation: Conversation;
let seen: Recorder;
let renewed: number;

beforeEach(async () => {
  server = await FakeServer.start();
  player = new RecordingPlayer();
  renewed = 0;
});

afterEach(async () => {
  conversation.close();
  await server.stop();
});

function open(changes: object): void {
  const connection = new Connection({
    url: server.url,
    session: 's1',
    ticket: 'first',
    renewTicket: async () => `renewed-${++renewed}`,
    backoff: { firstMs: 5, longestMs: 20 },
    webSocket: NodeSocket,
    ...changes,
  });
  conversation = new Conversation(connection, player);
  seen = new Recorder(conversation);
}

async function opened(changes: object = {}) {
  open(changes);
  const client = await server.client();
  client.ready();
  await seen.next('ready');
  return client;
}

describe('connecting', () => {
  test('it asks for the protocol and shows its ticket', async () => {
    const client = await opened();
    expect(client.path).toBe('/ws/v1/sessions/s1');
    expect(client.protocols).toEqual(['visavis.v1', 'ticket.first']);
    expect(conversation.session).toMatchObject({ seed: READY.seed, role: 'driver' });
  });

  test('it keeps what is said before the session is open, and sends it then', async () => {
    open({});
    const id = conversation.say('Hello', { emotion: { name: 'happy', intensity: 0.5 } });
    const client = await server.client();
    client.ready();
    expect(await client.waitFor('say')).toEqual({
      type: 'say',
      text: 'Hello',
      request_id: id,
      emotion: { name: 'happy', intensity: 0.5 },
    });
  });

  test('it measures the round trip', async () => {
    await opened();
    const change = await seen.next('connection', ({ latencyMs }) => latencyMs !== null);
    expect(change.latencyMs).toBeGreaterThanOrEqual(0);
    expect(conversation.latencyMs).toBeLessThan(1000);
  });
});

describe('a turn', () => {
  test('it plays the audio and hands on text and words', async () => {
    const client = await opened();
    client.startTurn(1, { request_id: 'r1' });
    client.send({ type: 'turn.text', turn: 1, delta: 'Hello there' });
    client.send({
      type: 'turn.words',
      turn: 1,
      words: [
        ['Hello', 0, 100],
        ['there', 100, 200],
      ],
    });
    client.audio(1, 0, 0, 100);
    client.audio(1, 1, 100, 100, true);
    await seen.next('turn-played');
    expect(seen.all('turn-started')[0]).toMatchObject({ turn: 1, request_id: 'r1', clock_ms: 5000 });
    expect(player.chunks).toEqual(['1@0', '1@100 last']);
    expect(
      conversation
        .captions(1)
        .segments()
        .map(({ text }) => text),
    ).toEqual(['Hello', ' ', 'there']);
  });

  test('it tells the server how far it was heard, to the last millisecond', async () => {
    const client = await opened();
    client.startTurn(1);
    client.audio(1, 0, 0, 400, true);
    await seen.next('turn-played');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const played = client.ofType('played');
    expect(played.length).toBeGreaterThanOrEqual(2);
    expect(played.at(-1)).toEqual({ type: 'played', turn: 1, pts_ms: 400, late_frames: 0 });
  });

  test('it plays out what there is of a turn that failed', async () => {
    const client = await opened();
    client.startTurn(1);
    client.audio(1, 0, 0, 60);
    client.send({ type: 'turn.finished', turn: 1, outcome: 'failed', heard_text: '', spoken_ms: 60, timings: {} });
    expect(await seen.next('turn-played')).toEqual({ turn: 1, ptsMs: 60 });
  });
});

describe('interruption', () => {
  test('it is silent at once and drops what still comes of the turn', async () => {
    const client = await opened();
    client.startTurn(1);
    client.audio(1, 0, 0, 500);
    client.audio(1, 1, 500, 500);
    await client.waitFor('played');
    conversation.interrupt();
    expect(player.position(performance.now())).toBeNull();
    client.audio(1, 2, 1000, 500);
    expect(await seen.next('stale')).toEqual({ turn: 1, kind: 1, seq: 2 });
    expect(player.chunks).toEqual(['1@0', '1@500']);
    expect(await client.waitFor('interrupt')).toEqual({ type: 'interrupt' });
  });

  test('it gives up a request whose turn has not begun', async () => {
    const client = await opened();
    const id = conversation.say('Never mind');
    conversation.interrupt();
    client.startTurn(3, { request_id: id });
    client.audio(3, 0, 0, 200);
    await seen.next('stale', ({ turn }) => turn === 3);
    expect(player.chunks).toEqual([]);
    expect(seen.all('turn-started')).toEqual([]);
  });

  test('it still plays the turn that comes after', async () => {
    const client = await opened();
    client.startTurn(1);
    conversation.interrupt();
    await client.waitFor('interrupt');
    client.startTurn(2);
    client.audio(2, 0, 0, 50, true);
    expect(await seen.next('turn-played')).toEqual({ turn: 2, ptsMs: 50 });
  });
});

describe('malformed messages', () => {
  test.each([
    ['short binary', new Uint8Array([1, 1, 0])],
    ['foreign version', new Uint8Array(20).fill(9)],
    ['no JSON', '{"type":'],
    ['no object', '[1]'],
    ['a word that is none', '{"type":"turn.words","turn":1,"words":[["a"]]}'],
  ])('it reports %s and goes on', async (_what, data) => {
    const client = await opened();
    client.sendRaw(data);
    expect(await seen.next('error')).toMatchObject({ code: 'bad_message', source: 'client' });
    client.startTurn(1);
    client.audio(1, 0, 0, 30, true);
    expect(await seen.next('turn-played')).toEqual({ turn: 1, ptsMs: 30 });
  });

  test('it reports half a sample and plays the rest of the turn', async () => {
    const client = await opened();
    client.startTurn(1);
    client.media({ kind: 1, key: true, last: false, turn: 1, ptsMs: 0, seq: 0, payload: new Uint8Array(3) });
    client.audio(1, 1, 0, 30, true);
    expect(await seen.next('error')).toMatchObject({ code: 'bad_media' });
    expect(await seen.next('turn-played')).toEqual({ turn: 1, ptsMs: 30 });
  });
});

describe('a lost connection', () => {
  test('it comes back with a new ticket and resumes after the last pair, nothing twice, nothing lost', async () => {
    const client = await opened();
    client.startTurn(4);
    for (let seq = 0; seq < 3; seq++) client.audio(4, seq, 50 * seq, 50);
    await seen.next('turn-started');
    client.audio(4, 5, 250, 50, true);
    await new Promise((resolve) => setTimeout(resolve, 30));
    client.cut();
    const again = await server.client(1);
    again.ready({ resume: { turn: 4, seq: 5 } });
    expect(again.protocols).toEqual(['visavis.v1', 'ticket.renewed-1']);
    expect(await again.waitFor('resume')).toEqual({ type: 'resume', turn: 4, seq: 2 });
    for (let seq = 2; seq < 6; seq++) again.audio(4, seq, 50 * seq, 50, seq === 5);
    expect(await seen.next('turn-played')).toEqual({ turn: 4, ptsMs: 300 });
    expect(player.chunks).toEqual(['4@0', '4@50', '4@100', '4@150', '4@200', '4@250 last']);
  });

  test('it asks for the whole of a turn that began meanwhile', async () => {
    const client = await opened();
    client.startTurn(1);
    client.audio(1, 0, 0, 50);
    await seen.next('turn-started');
    client.cut();
    const again = await server.client(1);
    again.ready({ resume: { turn: 2, seq: 3 } });
    expect(await again.waitFor('resume')).toEqual({ type: 'resume', turn: 2, seq: -1 });
    expect(await seen.next('turn-played')).toEqual({ turn: 1, ptsMs: 50 });
  });

  test('it plays out a turn that is over on the server, and asks for nothing', async () => {
    const client = await opened();
    client.startTurn(1);
    client.audio(1, 0, 0, 50);
    await seen.next('turn-started');
    client.cut();
    const again = await server.client(1);
    again.ready();
    expect(await seen.next('turn-played')).toEqual({ turn: 1, ptsMs: 50 });
    expect(again.ofType('resume')).toEqual([]);
  });

  test('it does not ask for a turn that was interrupted while away, and interrupts it there too', async () => {
    const client = await opened();
    client.startTurn(1);
    await seen.next('turn-started');
    client.cut();
    await seen.next('connection', ({ state }) => state === 'reconnecting');
    conversation.interrupt();
    const again = await server.client(1);
    again.ready({ resume: { turn: 1, seq: 3 } });
    await again.waitFor('interrupt');
    expect(again.ofType('resume')).toEqual([]);
  });

  test('it shows a clause once that comes again with its media', async () => {
    const client = await opened();
    client.startTurn(1);
    client.send({ type: 'turn.text', turn: 1, delta: 'Once.' });
    await seen.next('text');
    client.cut();
    const again = await server.client(1);
    again.ready({ resume: { turn: 1, seq: 0 } });
    again.send({ type: 'turn.text', turn: 1, delta: 'Once.' });
    again.audio(1, 0, 0, 30);
    again.send({ type: 'turn.text', turn: 1, delta: ' Twice.' });
    await seen.next('text', ({ delta }) => delta === ' Twice.');
    expect(conversation.captions(1).text).toBe('Once. Twice.');
  });

  test('it delivers what was said meanwhile', async () => {
    const client = await opened();
    client.cut();
    await seen.next('connection', ({ state }) => state === 'reconnecting');
    conversation.say('Are you there?');
    const again = await server.client(1);
    again.ready();
    expect(await again.waitFor('say')).toMatchObject({ text: 'Are you there?' });
  });

  test.each([4400, 4402, 4403, 4404, 4408, 4409])('it stays closed after %i', async (code) => {
    const client = await opened();
    client.close(code);
    const change = await seen.next('connection', ({ state }) => state === 'closed');
    expect(change.code).not.toBe('connection_lost');
    expect(renewed).toBe(0);
  });

  test('it comes back when the server goes away on purpose', async () => {
    (await opened()).close(1012);
    expect((await server.client(1)).protocols).toContain('ticket.renewed-1');
  });

  test('it gives up when tickets are refused again and again', async () => {
    const client = await opened();
    server.refuseWith = 4401;
    client.cut();
    const change = await seen.next('connection', ({ state }) => state === 'closed');
    expect(change.code).toBe('ticket_refused');
    expect(renewed).toBe(4);
  });

  test('it stays closed without a way to get tickets', async () => {
    const client = await opened({ renewTicket: undefined });
    client.cut();
    const change = await seen.next('connection', ({ state }) => state === 'closed');
    expect(change.code).toBe('connection_lost');
  });

  test('it notices a server that no longer answers', async () => {
    await opened({ heartbeat: { everyMs: 20, deadAfterMs: -1 } });
    expect((await server.client(1)).protocols).toContain('ticket.renewed-1');
  });
});

test('it ends with the session', async () => {
  const client = await opened();
  client.send({ type: 'session.ended', reason: 'quota' });
  expect(await seen.next('ended')).toMatchObject({ reason: 'quota' });
  expect((await seen.next('connection', ({ state }) => state === 'closed')).code).toBe('ended');
  conversation.say('too late');
  expect(await seen.next('error')).toMatchObject({ code: 'closed' });
});
