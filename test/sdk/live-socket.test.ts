import { describe, expect, test } from 'vitest';
import { LiveSocket, type SocketLike } from '../../client/sdk/live-socket.ts';

/** A socket that does nothing by itself. */
function rig() {
  const listeners: Record<string, (event: unknown) => void> = {};
  const sent: string[] = [];
  const inner = {
    readyState: 0,
    binaryType: 'blob',
    send: (data: string) => void sent.push(data),
    close: () => {
      inner.readyState = 2;
    },
    addEventListener: (type: string, listener: (event: unknown) => void) => {
      listeners[type] = listener;
    },
  };
  const heard: string[] = [];
  const hooks = {
    connectTimeoutMs: 60_000,
    opened: () => void heard.push('hook opened'),
    received: (text: string) => !text.includes('ours'),
    gone: () => void heard.push('hook gone'),
  };
  const socket = new LiveSocket(inner satisfies SocketLike, hooks);
  const listen = () => {
    for (const type of ['open', 'message', 'error', 'close']) socket.addEventListener(type, () => heard.push(type));
  };
  const happens = (type: string, event: unknown = {}) => {
    if (type === 'open') inner.readyState = 1;
    listeners[type]?.(event);
  };
  return { socket, inner, sent, heard, listen, happens };
}

const turn = () => new Promise<void>((resolve) => setTimeout(resolve, 0));

describe('a socket for tRPC', () => {
  test('[SDK-13] is gone at once when it is closed, whatever the other side does', async () => {
    const { socket, heard, listen, happens } = rig();
    listen();
    happens('open');
    socket.send('parameters');
    await turn();
    socket.close();
    expect(socket.readyState).toBe(LiveSocket.CLOSED);
    happens('message', { data: 'late' });
    happens('close', { code: 1000 });
    expect(heard).toEqual(['hook opened', 'open', 'hook gone', 'close']);
  });

  test('[SDK-13] is never between open and closed', async () => {
    const { socket, inner, listen, happens } = rig();
    listen();
    expect(socket.readyState).toBe(LiveSocket.CONNECTING);
    happens('open');
    socket.send('parameters');
    await turn();
    // The other side's close frame has come, the event has not.
    inner.readyState = 2;
    expect(socket.readyState).toBe(LiveSocket.OPEN);
    happens('close', { code: 1001 });
    expect(socket.readyState).toBe(LiveSocket.CLOSED);
  });

  test('[SDK-13] does not die before the opening is done, but the client knows', async () => {
    const { socket, sent, heard, listen, happens } = rig();
    listen();
    happens('open');
    happens('close', { code: 1001 });
    expect(heard).toEqual(['hook opened', 'open', 'hook gone']);
    expect(socket.readyState).toBe(LiveSocket.OPEN);
    socket.send('parameters');
    expect(heard).not.toContain('close');
    await turn();
    expect(heard).toEqual(['hook opened', 'open', 'hook gone', 'close']);
    expect(sent).toEqual([]);
  });

  test('[SDK-13] one that failed before anybody listened is heard of all the same', async () => {
    const { heard, listen, happens } = rig();
    happens('error', { message: 'forbidden' });
    listen();
    await turn();
    expect(heard).toEqual(['hook gone', 'error', 'close']);
  });

  test('[SDK-13] keeps what is the connection’s own from tRPC, and sends one frame a line', async () => {
    const { socket, sent, heard, listen, happens } = rig();
    listen();
    happens('open');
    socket.send('one\ntwo');
    happens('message', { data: 'ours' });
    happens('message', { data: 'theirs' });
    expect(sent).toEqual(['one', 'two']);
    expect(heard).toEqual(['hook opened', 'open', 'message']);
    socket.close();
    await turn();
  });
});
