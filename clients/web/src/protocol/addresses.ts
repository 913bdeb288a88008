/** Addresses that a server tells are its own: a page elsewhere must not look for them at its own host. */
import type { SessionReady } from './messages';

/** `ready` with whole addresses; `server` is any address of the server, of its websocket too. */
export function withWholeAddresses(ready: SessionReady, server: string): SessionReady {
  const base = server.replace(/^ws/, 'http');
  const whole = (address: string | null) => (address ? new URL(address, base).href : address);
  const { background } = ready.look;
  return {
    ...ready,
    avatar: {
      ...ready.avatar,
      asset_url: whole(ready.avatar.asset_url),
      portrait_url: whole(ready.avatar.portrait_url),
    },
    look: {
      ...ready.look,
      background: background && 'url' in background ? { url: new URL(background.url, base).href } : background,
    },
  };
}
