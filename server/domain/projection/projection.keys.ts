import type { FlightSort } from '../../../shared/flight.ts';
import type { Keyspace } from '../../platform/redis/keyspace.ts';

/** Flights from one airport to another on a local departure date: `JFK:LHR:2027-01-31`. All its keys are in one slot. */
export type Market = string;

export const marketOf = (origin: string, destination: string, date: string): Market =>
  `${origin}:${destination}:${date}`;

/** `flight:{id}`: put-flight-1.lua has its fields. */
export const flightKey = (keys: Keyspace, flightId: string): string => keys.key('flight', flightId);

/** `search:{origin:destination:date}:sort`: flights that can be had, as a sorted set. */
export const searchKey = (keys: Keyspace, market: Market, sort: FlightSort): string => keys.key('search', market, sort);

/** By flight the state that its searches show. */
export const seenKey = (keys: Keyspace, market: Market): string => keys.key('search', market, 'seen');

/** As long as it is there, the searches of the market are whole: it says of which epoch and generation. */
export const wholeKey = (keys: Keyspace, market: Market): string => keys.key('search', market, 'whole');

/** Raised when something may not have been written: then nothing is whole any more. */
export const generationKey = (keys: Keyspace): string => keys.key('search', 'generation');
