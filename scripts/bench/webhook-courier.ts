import { connect, type Socket } from 'node:net';
import { signWebhook } from '../../server/domain/payments/webhook-signature.ts';

interface Post {
  body: string;
  whenAnswered: (status: number) => void;
}

/**
 * Delivers signed payment events over connections that stay open, one request at a time on each. Written on bare
 * sockets: Node's own client costs more than the server's whole work for an event. The server closes a connection
 * that was idle between two rounds; another is opened when there is something to deliver, and a post that met the
 * closing is sent again, as a provider would.
 */
export class WebhookCourier {
  readonly #waiting: Post[] = [];
  readonly #idle: Socket[] = [];
  readonly #busy = new Map<Socket, Post>();
  #open = 0;
  readonly #address: { host: string; port: number };
  readonly #secret: string;
  readonly #head: string;
  readonly #connections: number;

  constructor(url: string, secret: string, connections: number) {
    const { hostname, port, pathname, host } = new URL(url);
    this.#address = { host: hostname, port: Number(port) };
    this.#secret = secret;
    this.#connections = connections;
    this.#head = `POST ${pathname} HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\nconnection: keep-alive\r\n`;
  }

  post(body: string, whenAnswered: (status: number) => void): void {
    this.#waiting.push({ body, whenAnswered });
    this.#next();
  }

  #connect(): void {
    const socket = connect({ ...this.#address, noDelay: true });
    this.#open++;
    let received = '';
    socket.setEncoding('latin1');
    socket.on('data', (chunk: string) => {
      received += chunk;
      if (!isWhole(received)) return;
      const status = Number(received.slice(9, 12));
      received = '';
      const post = this.#busy.get(socket);
      // Nobody asked: 408, on a connection that was opened and not needed.
      if (!post) return void socket.destroy();
      this.#busy.delete(socket);
      this.#idle.push(socket);
      post.whenAnswered(status);
      this.#next();
    });
    socket.on('error', () => undefined);
    socket.once('close', () => {
      this.#open--;
      const at = this.#idle.indexOf(socket);
      if (at >= 0) this.#idle.splice(at, 1);
      const post = this.#busy.get(socket);
      this.#busy.delete(socket);
      if (post) this.#waiting.unshift(post);
      this.#next();
    });
    socket.once('connect', () => {
      this.#idle.push(socket);
      this.#next();
    });
  }

  #next(): void {
    while (this.#waiting.length > 0 && this.#idle.length > 0) {
      const post = this.#waiting.shift() as Post;
      const socket = this.#idle.pop() as Socket;
      this.#busy.set(socket, post);
      const signature = signWebhook(this.#secret, post.body, Date.now());
      socket.write(
        `${this.#head}airside-signature: ${signature}\r\ncontent-length: ${Buffer.byteLength(post.body)}\r\n\r\n${post.body}`,
      );
    }
    const wanted = Math.min(this.#connections, this.#busy.size + this.#waiting.length);
    while (this.#open < wanted) this.#connect();
  }
}

/** Whether a whole HTTP answer is there; only one is ever under way. */
function isWhole(received: string): boolean {
  const end = received.indexOf('\r\n\r\n');
  if (end < 0) return false;
  const head = received.slice(0, end).toLowerCase();
  if (head.includes('transfer-encoding: chunked')) return received.endsWith('\r\n0\r\n\r\n');
  const length = /content-length: (\d+)/.exec(head)?.[1] ?? '0';
  return received.length >= end + 4 + Number(length);
}
