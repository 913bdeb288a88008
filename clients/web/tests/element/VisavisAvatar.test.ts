// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { WebSocket as NodeWebSocket } from 'ws';
import { defineAvatarElement, MIRRORED, type VisavisAvatar } from '../../src/element/VisavisAvatar';
import { FakeServer } from '../support/FakeServer';

// happy-dom has neither WebGL nor Web Audio: what is tested here is what a page without them still gets.
let server: FakeServer;
let avatar: VisavisAvatar;

beforeEach(async () => {
  vi.stubGlobal('WebSocket', NodeWebSocket);
  defineAvatarElement();
  server = await FakeServer.start();
});

afterEach(async () => {
  document.body.replaceChildren();
  await server.stop();
  vi.unstubAllGlobals();
});

function put(attributes: Readonly<Record<string, string>>): void {
  avatar = document.createElement('visavis-avatar');
  for (const [name, value] of Object.entries(attributes)) avatar.setAttribute(name, value);
  document.body.append(avatar);
}

function within<T extends Element = HTMLElement>(selector: string): T {
  const found = avatar.shadowRoot?.querySelector<T>(selector);
  if (found === null || found === undefined) throw new Error(`no ${selector}`);
  return found;
}

function next<T>(name: string): Promise<T> {
  return new Promise((resolve) => {
    avatar.addEventListener(name, (event) => resolve((event as CustomEvent<T>).detail), { once: true });
  });
}

async function join(changes: object = {}) {
  put({ session: 's1', ticket: 't1', url: server.url });
  const opened = next('ready');
  const client = await server.client();
  client.ready(changes);
  await opened;
  return client;
}

describe('without a session', () => {
  test('it shows its poster and stays silent', () => {
    put({ avatar: '/ada.glb', poster: '/ada.webp' });
    expect(within<HTMLImageElement>('.poster').getAttribute('src')).toContain('/ada.webp');
    expect(avatar.conversation).toBeNull();
    expect(server.arrivals).toBe(0);
  });

  test('it refuses to speak', () => {
    put({ avatar: '/ada.glb' });
    expect(() => avatar.say('Hello')).toThrow('no session');
  });
});

describe('in a session', () => {
  test('it joins with its ticket and takes the poster of the avatar', async () => {
    const client = await join();
    expect(client.protocols).toEqual(['visavis.v1', 'ticket.t1']);
    expect(within<HTMLImageElement>('.poster').getAttribute('src')).toContain('/ada.webp');
    expect(within('.status').textContent).toBe('');
  });

  test('it has the look of its session, where the page did not choose its own', async () => {
    const look = { gaze: { x: 4, y: -2 }, framing: 'bust', background: { colour: '#336699' } };
    await join({ look });
    expect(avatar.look).toEqual(look);
    avatar.setAttribute('background', '/wall.webp');
    avatar.look = { framing: 'face' };
    expect(avatar.look).toEqual({ ...look, framing: 'face', background: { url: '/wall.webp' } });
  });

  test('its methods reach the server', async () => {
    const client = await join();
    avatar.say('Hello', { rate: 1.2 });
    avatar.emotion('happy', 2);
    avatar.interrupt();
    expect(await client.waitFor('say')).toMatchObject({ text: 'Hello', voice_settings: { rate: 1.2 } });
    expect(await client.waitFor('emotion')).toMatchObject({ name: 'happy', intensity: 1 });
    await client.waitFor('interrupt');
  });

  test('it shows the words, the one that is said lit up, and lets them be read out by the clause', async () => {
    const client = await join();
    client.startTurn(1);
    client.send({ type: 'turn.text', turn: 1, delta: 'Hello there' });
    client.send({
      type: 'turn.words',
      turn: 1,
      words: [
        ['Hello', 0, 100],
        ['there', 5000, 5100],
      ],
    });
    client.audio(1, 0, 0, 300);
    await next('caption');
    expect(within('.captions').textContent).toBe('Hello there');
    expect(within('.word.now').textContent).toBe('Hello');
    expect(within('.spoken').textContent).toBe('Hello there');
    expect(within('.spoken').getAttribute('aria-live')).toBe('polite');
    expect(within('.captions').getAttribute('aria-hidden')).toBe('true');
  });

  test('it clears the words of an interrupted turn', async () => {
    const client = await join();
    client.startTurn(1);
    client.send({ type: 'turn.text', turn: 1, delta: 'Hello' });
    client.send({ type: 'turn.words', turn: 1, words: [['Hello', 0, 100]] });
    client.audio(1, 0, 0, 300);
    await next('caption');
    client.send({
      type: 'turn.finished',
      turn: 1,
      outcome: 'interrupted',
      heard_text: '',
      spoken_ms: 0,
      timings: {},
    });
    await next('turn-finished');
    expect(within('.captions').textContent).toBe('');
  });

  test('it tells when the connection is over', async () => {
    const client = await join();
    client.close(4409);
    const change = await next<{ code: string }>('connection');
    expect(change.code).toBe('replaced');
    expect(within('.status').textContent).toContain('over');
  });

  test.each([
    ['avatar_deleted', 'was deleted', null],
    ['max_duration', 'The conversation is over.', '/ada.webp'],
  ])('it keeps no face of an avatar that was deleted (%s)', async (reason, words, poster) => {
    const client = await join();
    const ended = next<{ reason: string }>('ended');
    client.send({ type: 'session.ended', reason });
    expect((await ended).reason).toBe(reason);
    expect(within('.status').textContent).toContain(words);
    const shown = within<HTMLImageElement>('.poster').getAttribute('src');
    if (poster === null) expect(shown).toBeNull();
    else expect(shown).toContain(poster);
  });

  test('it ends the session when it is taken off the page', async () => {
    const client = await join();
    avatar.remove();
    expect(avatar.conversation).toBeNull();
    expect(await client.gone).toBe(1000);
  });

  test('it comes back with a ticket from the page', async () => {
    const client = await join();
    avatar.renewTicket = async () => 't9';
    client.cut();
    expect((await server.client(1)).protocols).toContain('ticket.t9');
  });

  test('it stays away when the page has no ticket', async () => {
    const client = await join();
    client.cut();
    await new Promise((resolve) => {
      avatar.addEventListener(
        'connection',
        (event) => (event as CustomEvent).detail.state === 'closed' && resolve(null),
      );
    });
    expect(within('.status').textContent).toContain('over');
    expect(server.arrivals).toBe(1);
  });

  test('a second ticket opens a second connection, the same one does not', async () => {
    await join();
    avatar.setAttribute('ticket', 't1');
    avatar.connect();
    avatar.setAttribute('ticket', 't2');
    expect((await server.client(1)).protocols).toContain('ticket.t2');
    expect(server.arrivals).toBe(2);
  });
});

test('every event of a conversation has its DOM event', () => {
  expect(new Set(MIRRORED).size).toBe(MIRRORED.length);
  expect(MIRRORED).toEqual(
    expect.arrayContaining(['ready', 'turn-started', 'text', 'words', 'error', 'stale', 'level']),
  );
});
