import type { TRPCMutationProcedure } from '@trpc/server';
import type * as z from 'zod';
import type { Context } from './context.ts';
import type { ProcedureCall } from './observe-calls.ts';
import { type Traveller, traveller, travellerOf } from './trpc.ts';

/**
 * A traveller's mutation that is called straight: who asks, the schema, the command. tRPC's own way
 * through a chain of middlewares copies the call's options twice a step, 12 µs each, which is more
 * than everything else that a hold costs this process. What it describes (types, input, kind) is
 * the same, and so is every answer.
 */
export function directMutation<Schema extends z.ZodType, Output>(
  schema: Schema,
  run: (call: { ctx: Context & { actor: Traveller }; input: z.output<Schema> }) => Promise<Output>,
): TRPCMutationProcedure<{ input: z.input<Schema>; output: Output; meta: unknown }> {
  const described = traveller.input(schema).mutation(() => {
    throw new Error('never called by way of the chain');
  });
  const direct = async ({ ctx, getRawInput }: ProcedureCall): Promise<Output> => {
    travellerOf(ctx);
    // Our schemas wait for nothing; asked for a promise, zod takes three times as long.
    const input = schema.parse(await getRawInput());
    return run({ ctx: ctx as Context & { actor: Traveller }, input });
  };
  return Object.assign(direct, described) as unknown as TRPCMutationProcedure<{
    input: z.input<Schema>;
    output: Output;
    meta: unknown;
  }>;
}
