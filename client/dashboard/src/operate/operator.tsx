import { createTRPCOptionsProxy, type TRPCOptionsProxy } from '@trpc/tanstack-react-query';
import { createContext, use } from 'react';
import type { AppRouter } from '../../../../server/transport/app.router.ts';
import { type AirsideClient, createClient } from '../../../sdk/create-client.ts';
import { queryClient } from '../wire/query-client.ts';

/** An operator's own socket: a key would replace the traveller's identity, so the two never share one. */
export interface Operator {
  client: AirsideClient;
  trpc: TRPCOptionsProxy<AppRouter>;
  /** Forgets the key. */
  leave(): void;
}

export const OperatorContext = createContext<Operator | null>(null);

/** The operator's wire; only pages inside the gate ask for it. */
export function useOperator(): Operator {
  const operator = use(OperatorContext);
  if (!operator) throw new Error('outside the operator gate');
  return operator;
}

export function openOperator(apiKey: string): Omit<Operator, 'leave'> {
  const client = createClient({ url: window.location.origin, apiKey });
  return { client, trpc: createTRPCOptionsProxy<AppRouter>({ client: client.trpc, queryClient }) };
}
