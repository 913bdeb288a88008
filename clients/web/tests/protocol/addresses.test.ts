import { expect, test } from 'vitest';
import { withWholeAddresses } from '../../src/protocol/addresses';
import type { Background, SessionReady } from '../../src/protocol/messages';
import { READY } from '../support/FakeServer';

const SERVER = 'wss://visavis.example:8443/ws/v1/sessions/s1';

function ready(asset: string | null, portrait: string | null, background: Background): SessionReady {
  const avatar = { ...READY.avatar, asset_url: asset, portrait_url: portrait };
  return { ...READY, avatar, look: { ...READY.look, background } } as SessionReady;
}

function told({ avatar, look }: SessionReady): unknown[] {
  return [avatar.asset_url, avatar.portrait_url, look.background];
}

test('addresses are those of the server', () => {
  const whole = withWholeAddresses(ready('/a/b.glb?x=1', '/c.jpg', { url: '/d.png' }), SERVER);
  const server = 'https://visavis.example:8443';
  expect(told(whole)).toEqual([`${server}/a/b.glb?x=1`, `${server}/c.jpg`, { url: `${server}/d.png` }]);
});

test('whole addresses, colours and what is not there stay as they are', () => {
  const given = ready('https://bucket.example/b.glb', '', { colour: '#336699' });
  expect(told(withWholeAddresses(given, SERVER))).toEqual([
    'https://bucket.example/b.glb',
    '',
    { colour: '#336699' },
  ]);
  expect(told(withWholeAddresses(ready(null, null, null), SERVER))).toEqual([null, null, null]);
});
