import { initTRPC } from '@trpc/server';
import superjson from 'superjson';
import { type StockContext, startStockServer } from '../stock-server.ts';

// The denominator: stock adapter, stock transformer both ways, no schema, no middleware. It answers what it was sent.

const t = initTRPC.context<StockContext>().create({ transformer: superjson });

await startStockServer(t.router({ echo: t.procedure.input((value: unknown) => value).query(({ input }) => input) }));
