import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Socket } from '../../src/conversation/Socket';
import { type VideoWatch, watchVideos } from '../../src/videos/VideoWatch';

class FakeSocket implements Socket {
  static all: FakeSocket[] = [];
  binaryType = '';
  onmessage: Socket['onmessage'] = null;
  onclose: Socket['onclose'] = null;
  onerror: Socket['onerror'] = null;
  sent: string[] = [];
  closedWith: number | undefined | null = null;

  constructor(
    readonly url: string,
    readonly protocols: string[],
  ) {
    FakeSocket.all.push(this);
  }

  send(data: string): void {
    this.sent.push(data);
  }

  close(code?: number): void {
    this.closedWith = code;
  }

  hear(message: object | string): void {
    this.onmessage?.({ data: typeof message === 'string' ? message : JSON.stringify(message) });
  }
}

const PROGRESS = {
  video: 'v1',
  state: 'rendering',
  progress: { percent: 40, stage: 'rendering', seconds_left: 7 },
  error: null,
};
let tickets = 0;
let watch: VideoWatch;

async function dialled(count: number): Promise<FakeSocket> {
  await vi.advanceTimersByTimeAsync(20_000);
  const socket = FakeSocket.all[count - 1];
  if (socket === undefined || FakeSocket.all.length !== count) throw new Error(`${FakeSocket.all.length} sockets`);
  return socket;
}

describe('watching videos', () => {
  beforeEach(async () => {
    vi.useFakeTimers();
    FakeSocket.all = [];
    tickets = 0;
    watch = watchVideos({
      getTicket: async () => {
        tickets += 1;
        return { url: 'ws://house/ws/v1/videos', ticket: `t${tickets}` };
      },
      webSocket: FakeSocket,
      heartbeat: { everyMs: 1e9 },
    });
    await vi.advanceTimersByTimeAsync(0);
  });

  afterEach(() => {
    watch.close();
    vi.useRealTimers();
  });

  it('offers the ticket and tells what comes', async () => {
    const socket = await dialled(1);
    expect(socket.protocols).toEqual(['visavis.v1', 'ticket.t1']);
    const told: unknown[] = [];
    for (const name of ['ready', 'progress', 'deleted', 'invalid'] as const)
      watch.on(name, (news) => told.push(news));
    socket.hear({ type: 'videos.ready', videos: [PROGRESS], server_time: 1 });
    socket.hear({
      ...PROGRESS,
      type: 'video.progress',
      progress: { percent: 41, stage: 'rendering', seconds_left: null },
    });
    socket.hear({ type: 'video.deleted', video: 'v1' });
    socket.hear({ type: 'something.new' });
    const shown = { video: 'v1', state: 'rendering', percent: 40, secondsLeft: 7, error: null };
    expect(told).toEqual([[shown], { ...shown, percent: 41, secondsLeft: null }, { video: 'v1' }]);
    expect(watch.state).toBe('open');
    for (const broken of ['nonsense', { type: 'video.progress', video: 'v1' }]) socket.hear(broken);
    expect(told.slice(3).map((error) => (error as Error).name)).toEqual([
      'MessageFormatError',
      'MessageFormatError',
    ]);
  });

  it('comes back with a new ticket', async () => {
    (await dialled(1)).onclose?.({ code: 1013, reason: '' });
    expect(watch.state).toBe('reconnecting');
    expect((await dialled(2)).protocols).toEqual(['visavis.v1', 'ticket.t2']);
  });

  it('gives up where coming back is of no use', async () => {
    (await dialled(1)).onclose?.({ code: 4403, reason: '' });
    expect(watch.state).toBe('closed');
    await dialled(1);
  });

  it('says goodbye once', async () => {
    const socket = await dialled(1);
    watch.close();
    watch.close();
    expect(socket.closedWith).toBe(1000);
    await dialled(1);
  });
});
