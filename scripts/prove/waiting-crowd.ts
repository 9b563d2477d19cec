import { createRandom } from '../stage/random.ts';
import { WireClient } from '../stage/wire-client.ts';
import { type Visit, visit } from './waiting-buyer.ts';

/** From the parent: what to do, once each and in this order. */
export type CrowdOrder =
  | { connect: { url: string; buyers: number; seed: string } }
  | { come: { flightId: string; abandoning: number } }
  | { over: true };
export type CrowdNews = { connected: number } | { visits: Visit[] };

/** A storm is answered in its turn; that is not a lost call. */
const callTimeoutMs = 120_000;
/** So many connect at a time. */
const atOnce = 100;

const clients: WireClient[] = [];
let seed = '';
let isOver = false;

const tell = (news: CrowdNews): void => void process.send?.(news);

async function connect({ url, buyers, seed: given }: { url: string; buyers: number; seed: string }): Promise<void> {
  seed = given;
  const stranger = new WireClient(url, {}, callTimeoutMs);
  while (clients.length < buyers) {
    const group = Math.min(atOnce, buyers - clients.length);
    await Promise.all(
      Array.from({ length: group }, async () => {
        const guest = await stranger.call<{ token: string }>('mutation', 'auth.guest');
        if (guest.kind !== 'done') throw new Error(`a guest was not let in: ${JSON.stringify(guest)}`);
        const client = new WireClient(url, { token: guest.value.token }, callTimeoutMs);
        clients.push(client);
        // Opens the socket.
        await client.call('query', 'auth.me');
      }),
    );
  }
  stranger.close();
  tell({ connected: clients.length });
}

async function come({ flightId, abandoning }: { flightId: string; abandoning: number }): Promise<void> {
  const sale = { flightId, abandoning, isOver: () => isOver };
  const visits = await Promise.all(clients.map((client, at) => visit(client, sale, createRandom(`${seed}/${at}`))));
  tell({ visits });
}

process.on('message', (order: CrowdOrder) => {
  if ('connect' in order) void connect(order.connect);
  else if ('come' in order) void come(order.come);
  else isOver = true;
});
process.on('disconnect', () => process.exit(0));
process.on('unhandledRejection', (error) => {
  console.error(error);
  process.exit(1);
});
