import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import * as z from 'zod';
import { idSchema } from '../../../shared/ids.ts';
import { moneySchema } from '../../../shared/money.ts';
import { readAll } from '../../platform/http/http-client.ts';
import { type MockDesk, type MockDeskSettings, MockRefusal, openMockDesk } from './mock-desk.ts';
import { callbackOf, type MockPayment, mockOrderSchema, refundedOf } from './mock-ledger.ts';

export interface MockGateway {
  url: string;
  /** Payments that are not decided and told yet. */
  pending(): number;
  close(): Promise<void>;
}

const refundSchema = z.object({ id: idSchema, paymentId: idSchema, bookingId: idSchema, amount: moneySchema });
const bodyMaxBytes = 64 * 1024;

/**
 * A payment provider of our own, for demos, tests and load: an HTTP server apart from ours that
 * takes a payment on (202) and tells the outcome by signed webhook.
 *
 *   POST /payments { id, bookingId, amount, method, callbackUrl }  202 with its state
 *   POST /payments/:id/capture, with the order                     200 with its state, or 409 with it
 *   POST /payments/:id/void, with the order                        the same
 *   POST /refunds { id, paymentId, bookingId, amount }             200, or 409 beyond what was captured
 *   GET /payments/:id                                              200 with its state, or 404
 *   GET /ledger                                                    what was captured and refunded
 *
 * Everything may be repeated. `method` chooses how the payment is treated (mock-script.ts).
 *
 * @param settings `port`: by default a free one.
 */
export async function startMockGateway(settings: MockDeskSettings & { port?: number }): Promise<MockGateway> {
  const desk = await openMockDesk(settings);
  const server = createServer((request, response) => {
    serve(desk, request).then(
      ([status, body]) => answer(response, status, body),
      (error: unknown) => {
        const status = error instanceof MockRefusal ? error.status : error instanceof z.ZodError ? 400 : 500;
        answer(response, status, { error: error instanceof Error ? error.message : 'failed' });
      },
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(settings.port ?? 0, '127.0.0.1', resolve);
  }).catch(async (error) => {
    await desk.close();
    throw error;
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    pending: desk.pending,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await desk.close();
      await closed;
    },
  };
}

async function serve(desk: MockDesk, request: IncomingMessage): Promise<[status: number, body: unknown]> {
  const [noun, id, verb] = (request.url ?? '/').slice(1).split('/') as [string, string?, string?];
  switch ([request.method, noun, id ? ':id' : '', verb ?? ''].filter((part) => part !== '').join(' ')) {
    case 'POST payments': {
      return [202, stateOf(await desk.submit(mockOrderSchema.parse(await bodyOf(request))))];
    }
    case 'POST payments :id capture': {
      const payment = await desk.capture(mockOrderSchema.parse(await bodyOf(request)));
      return [payment.status === 'succeeded' ? 200 : 409, stateOf(payment)];
    }
    case 'POST payments :id void': {
      const payment = await desk.void(mockOrderSchema.parse(await bodyOf(request)));
      return [payment.status === 'succeeded' ? 409 : 200, stateOf(payment)];
    }
    case 'POST refunds': {
      await desk.refund(refundSchema.parse(await bodyOf(request)));
      return [200, {}];
    }
    case 'GET payments :id': {
      return [200, stateOf(await desk.look(id as string))];
    }
    case 'GET ledger': {
      const told = {
        totals: Object.fromEntries(desk.ledger.totals()),
        payments: Array.from(desk.ledger.all(), stateOf),
      };
      await desk.ledger.saved();
      return [200, told];
    }
    default:
      return [404, { error: 'no such path' }];
  }
}

/** A payment as it is told to whoever asks. `event` is what its callback says. */
function stateOf(payment: MockPayment) {
  const { id, bookingId, amount, method, status, captured } = payment;
  const event = callbackOf(payment) ?? null;
  return { id, bookingId, amount, method, status, captured, refunded: refundedOf(payment), event };
}

function answer(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const body = await readAll(request, bodyMaxBytes);
  try {
    return JSON.parse(body.toString());
  } catch {
    throw new MockRefusal(400, 'not JSON');
  }
}
