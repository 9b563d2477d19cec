import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';

export interface HttpAnswer {
  status: number;
  body: Buffer;
}

export interface HttpClient {
  /** Rejects when no whole answer came; any status resolves. */
  send(
    url: string,
    request: { method: 'GET' | 'POST'; headers?: Record<string, string>; body?: string; signal?: AbortSignal },
  ): Promise<HttpAnswer>;
  close(): void;
}

const answerMaxBytes = 1024 * 1024;

/**
 * Calls over connections that are kept; half of what `fetch` costs. For calls that may be repeated:
 * a kept connection that the other side closed at the very moment of use is replaced once, unseen.
 *
 * @param socketsMax connections to one host at the same time; further calls wait for one.
 */
export function createHttpClient(socketsMax: number): HttpClient {
  const options = { keepAlive: true, maxSockets: socketsMax };
  const agents = { http: new HttpAgent(options), https: new HttpsAgent(options) };

  const once: HttpClient['send'] = (url, { method, headers, body, signal }) =>
    new Promise((resolve, reject) => {
      const secure = url.startsWith('https:');
      const length = body === undefined ? undefined : { 'content-length': String(Buffer.byteLength(body)) };
      const request = (secure ? httpsRequest : httpRequest)(
        url,
        { method, agent: secure ? agents.https : agents.http, headers: { ...headers, ...length }, signal },
        (response) => {
          readAll(response, answerMaxBytes).then(
            (read) => resolve({ status: response.statusCode ?? 0, body: read }),
            reject,
          );
        },
      );
      request.on('error', (error: NodeJS.ErrnoException) => {
        const stale = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(stale ? new StaleConnection() : error);
      });
      request.end(body);
    });

  return {
    send: async (url, request) => {
      for (;;) {
        try {
          return await once(url, request);
        } catch (error) {
          // Each such failure takes one kept connection away, so this ends.
          if (!(error instanceof StaleConnection)) throw error;
        }
      }
    },
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
}

class StaleConnection extends Error {}

/** The whole body of a request or an answer. Throws when it is longer than `maxBytes`. */
export async function readAll(message: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) throw new Error(`a body of more than ${maxBytes} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
