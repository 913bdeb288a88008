/** Websockets, as far as connections use them. */

/** The part of `WebSocket` that is used; `ws` has it too. */
export interface Socket {
  binaryType: string;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: never) => void) | null;
  send(data: string): void;
  close(code?: number): void;
}

export type SocketClass = new (url: string, protocols: string[]) => Socket;

/** Close `socket`, and hear nothing of it any more: what it still had to say belongs to a connection that is over. */
export function letGo(socket: Socket | null, code?: number): void {
  if (socket === null) return;
  socket.onmessage = null;
  socket.onclose = null;
  socket.close(code);
}
