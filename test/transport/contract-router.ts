import { initTRPC, TRPCError, tracked } from '@trpc/server';
import { observable } from '@trpc/server/observable';
import * as z from 'zod';
import { transformer } from '../../shared/transformer.ts';

/** What a contract server remembers, and how a test holds it up. */
export class Probe {
  /** What happened in the procedures, in order. */
  readonly log: string[] = [];
  #waiting: (() => void)[] = [];
  #onLog = () => {};

  note(what: string): void {
    this.log.push(what);
    this.#onLog();
  }

  /** Until `what` has been noted so many times. */
  async noted(what: string, times = 1): Promise<void> {
    while (this.log.filter((each) => each === what).length < times) {
      await new Promise<void>((resolve) => {
        this.#onLog = resolve;
      });
    }
  }

  /** A procedure waits here until the test lets it go on. */
  hold(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  release(): void {
    for (const go of this.#waiting.splice(0)) go();
  }
}

export interface ContractContext {
  probe: Probe;
  name: string;
}

const t = initTRPC.context<ContractContext>().create({
  transformer,
  isDev: false,
  // What a router adds to its errors, so that a test sees whose formatter was asked.
  errorFormatter: ({ shape, type, ctx }) => ({ ...shape, data: { ...shape.data, type, name: ctx?.name ?? null } }),
});

const until = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => signal?.addEventListener('abort', () => resolve(), { once: true }));

const countInput = z.object({ to: z.number(), lastEventId: z.string().optional() });

/** Every kind of procedure and ending that the protocol knows, and nothing of Airside. */
export const contractRouter = t.router({
  echo: t.procedure.input((value: unknown) => value).query(({ input }) => input),
  shout: t.procedure.input(z.string()).mutation(({ input }) => input.toUpperCase()),
  nothing: t.procedure.query(() => undefined),
  when: t.procedure.query(() => new Date(0)),
  who: t.procedure.query(({ ctx }) => ctx.name),
  behindMiddleware: t.procedure
    .use(({ ctx, next }) => next({ ctx: { name: `${ctx.name} by way of a middleware` } }))
    .query(({ ctx }) => ctx.name),
  slow: t.procedure.input(z.string()).mutation(async ({ ctx, input }) => {
    ctx.probe.note(`slow ${input} began`);
    await ctx.probe.hold();
    ctx.probe.note(`slow ${input} ended`);
    return input;
  }),
  refusing: t.procedure.query(() => {
    throw new TRPCError({ code: 'CONFLICT', message: 'not twice' });
  }),
  broken: t.procedure.query(() => {
    throw new Error('broken inside');
  }),
  nested: t.router({ deep: t.procedure.query(() => 'deep') }),
  iterableQuery: t.procedure.query(async function* () {
    yield 1;
  }),

  /** Numbers from the one behind lastEventId up to `to`, each under its own id; then it is over. */
  count: t.procedure.input(countInput).subscription(async function* ({ input }) {
    for (let n = Number(input.lastEventId ?? 0) + 1; n <= input.to; n++) yield tracked(String(n), { n });
  }),
  /** The same, but waits for the test before each, and for ever behind the last. */
  countSlowly: t.procedure.input(countInput).subscription(async function* ({ ctx, input, signal }) {
    ctx.probe.note(`counting after ${input.lastEventId ?? 'nothing'}`);
    try {
      for (let n = Number(input.lastEventId ?? 0) + 1; n <= input.to; n++) {
        await Promise.race([ctx.probe.hold(), until(signal)]);
        if (signal?.aborted) return;
        yield tracked(String(n), { n });
      }
      await until(signal);
    } finally {
      ctx.probe.note('counting ended');
    }
  }),
  untracked: t.procedure.subscription(async function* () {
    yield 'one';
    yield { two: new Date(0) };
    yield undefined;
  }),
  /** Says nothing until it is stopped. */
  silent: t.procedure.subscription(async function* ({ ctx, signal }) {
    ctx.probe.note('silent began');
    try {
      await until(signal);
      ctx.probe.note('silent was aborted');
      yield* [];
    } finally {
      ctx.probe.note('silent ended');
    }
  }),
  /** Never looks at its signal. */
  deaf: t.procedure.subscription(async function* ({ ctx }) {
    ctx.probe.note('deaf began');
    try {
      for (let n = 1; ; n++) {
        yield n;
        await ctx.probe.hold();
      }
    } finally {
      ctx.probe.note('deaf ended');
    }
  }),
  /** So many values of so many characters, as quickly as they are taken. */
  flood: t.procedure.input(z.object({ values: z.number(), size: z.number() })).subscription(async function* ({
    ctx,
    input,
    signal,
  }) {
    const value = 'x'.repeat(input.size);
    try {
      for (let n = 1; n <= input.values && !signal?.aborted; n++) {
        // The sockets have their turn now and then, as between changes.
        if (n % 20 === 0) await new Promise(setImmediate);
        yield tracked(String(n), value);
      }
      ctx.probe.note('flood is over');
    } finally {
      ctx.probe.note('flood ended');
    }
  }),
  large: t.procedure.input(z.number()).query(({ ctx, input }) => {
    ctx.probe.note('large');
    return 'y'.repeat(input);
  }),
  failing: t.procedure.subscription(async function* () {
    yield 'before';
    throw new TRPCError({ code: 'CONFLICT', message: 'in the middle' });
  }),
  refusedAtOnce: t.procedure.input(z.string()).subscription(async function* () {
    yield 'never';
  }),
  notASubscription: t.procedure.subscription((() => 'a value') as unknown as () => AsyncIterable<string>),
  observed: t.procedure.subscription(({ ctx }) =>
    observable<number>((emit) => {
      emit.next(1);
      emit.next(2);
      let isLetGo = false;
      void ctx.probe.hold().then(() => isLetGo || emit.complete());
      return () => {
        isLetGo = true;
        ctx.probe.note('observed was let go');
      };
    }),
  ),
});

export type ContractRouter = typeof contractRouter;
