import type { JsonText } from '../../platform/runtime/json-text.ts';
import type { Call } from './call.ts';

type OwnResolver = (call: Call) => unknown;

const ownKey = Symbol('own');

/** Gives a resolver a second one beside it, which this adapter calls and no other knows of. */
export const ownResolver = <R extends object>(resolver: R, own: OwnResolver): R =>
  Object.assign(resolver, { [ownKey]: own });

export const ownResolverOf = (resolver: object | undefined): OwnResolver | undefined =>
  (resolver as { [ownKey]?: OwnResolver } | undefined)?.[ownKey];

/** For what answers in JSON: over our own sockets the text leaves as it is, everywhere else tRPC is given the value. */
export const inJson = <Options, View>(
  resolve: (options: Options) => Promise<JsonText<View>>,
): ((options: Options) => Promise<View>) =>
  // A call has what tRPC gives to resolvers.
  ownResolver(async (options: Options) => (await resolve(options)).value, resolve as unknown as OwnResolver);
