import type { CabinClass } from '../../../shared/flight.ts';
import { money } from '../../../shared/money.ts';
import type { CalendarDate } from '../../../shared/times.ts';
import { greatCircleKm } from '../places/great-circle.ts';
import type { PlaceFact } from '../places/place-fact.ts';
import { dateOfDay, dayOfDate, instantToWall, wallToInstant } from '../places/zoned-time.ts';
import { type DemoCarrier, demoNetwork } from './demo-network.ts';
import { fareByDistance } from './fare-by-distance.ts';
import type { ScheduledFlight } from './scheduled-flight.ts';

export { demoCarriers } from './demo-network.ts';

/**
 * A timetable to play with: fictional airlines between real places, about 1,270 flights a day.
 *
 * What flies is fixed (demo-network.ts): a flight number has the same route, the same local departure time and the
 * same aircraft on every day that it operates. What it costs depends on its route, weekday, hour and season and on
 * how much that date is wanted, all of it drawn from the seed, the number and the date alone. Not from today: so
 * the same date is the same flights at the same prices whenever it is made, and making a later window again only
 * adds its new days. (A real fare also rises towards departure; that would change every price with every start.)
 */
export interface DemoOptions {
  /** First local departure date. */
  today: CalendarDate;
  /** How many dates. */
  days: number;
  /** Routes whose places are missing here are left out; the numbers of the others stay. */
  places: Iterable<Pick<PlaceFact, 'code' | 'kind' | 'latitude' | 'longitude' | 'zone'>>;
  /** Another seed gives other prices, times and days off on the same routes. */
  seed?: number;
}

const minuteMs = 60_000;
const dayMinutes = 1440;
const firstNumber = 101;

/** One flight number: everything about it that does not depend on the date. */
interface Service {
  carrier: DemoCarrier;
  number: string;
  origin: Stop;
  destination: Stop;
  /** Minutes after midnight on the clock of the origin. */
  departs: number;
  blockMinutes: number;
  /** One bit a weekday, Monday lowest. */
  weekdays: number;
  cabins: { cabin: CabinClass; capacity: number; baseFare: number }[];
  /** Origin of this service's random draws. */
  salt: number;
}

type Stop = Pick<PlaceFact, 'code' | 'latitude' | 'longitude' | 'zone'>;

/** Flights by date, each day in the order of its numbers; `line` counts within the day. */
export function* demoTimetable({ today, days, places, seed = 1 }: DemoOptions): Generator<ScheduledFlight> {
  const services = planServices(places, seed);
  const first = dayOfDate(today);
  for (let day = first; day < first + days; day++) {
    const date = dateOfDay(day);
    // 1970-01-01 was a Thursday; Monday is 0.
    const weekday = (day + 3) % 7;
    let line = 0;
    for (const service of services) {
      if (!((service.weekdays >> weekday) & 1)) continue;
      line += 1;
      yield flightOf(service, date, day, weekday, line);
    }
  }
}

function flightOf(service: Service, date: string, day: number, weekday: number, line: number): ScheduledFlight {
  const { origin, destination, carrier, number } = service;
  const departsAtUtc = wallToInstant(`${date}T${clock(service.departs)}`, origin.zone);
  const arrivesAtUtc = departsAtUtc + service.blockMinutes * minuteMs;
  const percent = farePercent(service, day, weekday);
  return {
    line,
    carrier: carrier.code,
    number,
    origin: origin.code,
    destination: destination.code,
    departsAt: instantToWall(departsAtUtc, origin.zone),
    arrivesAt: instantToWall(arrivesAtUtc, destination.zone),
    departsAtUtc,
    arrivesAtUtc,
    cabins: service.cabins.map(({ cabin, capacity, baseFare }) => ({
      cabin,
      capacity,
      // Whole dollars, and never below what a seat costs to fill.
      price: money(Math.max(1900, Math.round((baseFare * percent) / 10_000) * 100), 'USD'),
    })),
  };
}

function planServices(places: DemoOptions['places'], seed: number): Service[] {
  const stops = new Map<string, Stop>();
  for (const place of places) if (place.kind === 'airport') stops.set(place.code, place);
  return demoNetwork.flatMap((carrier) => planCarrier(carrier, stops, seed));
}

/** Numbers run through the routes in pairs: odd out, even back. */
function planCarrier(carrier: DemoCarrier, stops: Map<string, Stop>, seed: number): Service[] {
  const services: Service[] = [];
  let number = firstNumber;
  for (const line of carrier.routes) {
    const [base = '', spokes = ''] = line.split(': ');
    for (const spoke of spokes.split(' ')) {
      const daily = Number(spoke.slice(3));
      const from = stops.get(base);
      const to = stops.get(spoke.slice(0, 3));
      for (let turn = 0; turn < daily; turn++, number += 2) {
        if (!from || !to) continue;
        const salt = mix(mix(seed, carrier.code.charCodeAt(0) * 256 + carrier.code.charCodeAt(1)), number);
        services.push(...planTurn(carrier, number, from, to, (turn + draw(salt, 1)) / daily, salt));
      }
    }
  }
  return services;
}

/** Out and back with one aircraft; `share` of the day between the first and the last departure. */
function planTurn(
  carrier: DemoCarrier,
  number: number,
  base: Stop,
  spoke: Stop,
  share: number,
  salt: number,
): Service[] {
  const km = greatCircleKm(base, spoke);
  const cabins = cabinsOf(carrier, km);
  // Busy short routes rest on Saturday, a few thin ones on Tuesday: business does not fly then.
  const rests = draw(salt, 2);
  const weekdays = 0b1111111 & ~(rests < 0.08 ? 1 << 5 : rests < 0.12 ? 1 << 1 : 0);
  const plan = (out: boolean, wanted: number): Service => {
    const [origin, destination] = out ? [base, spoke] : [spoke, base];
    const blockMinutes = blockTime(origin, destination, km);
    return {
      carrier,
      number: String(out ? number : number + 1),
      origin,
      destination,
      departs: departure(wanted, blockMinutes, clockShift(origin, destination), draw(salt, out ? 5 : 6)),
      blockMinutes,
      weekdays,
      cabins,
      salt: mix(salt, out ? 3 : 4),
    };
  };
  const out = plan(true, firstDeparture + share * (lastDeparture - firstDeparture));
  const turnaround = km > 4000 ? 120 : 50;
  const back = plan(false, out.departs + out.blockMinutes + clockShift(base, spoke) + turnaround);
  return [out, back];
}

const firstDeparture = 6 * 60 + 15;
const lastDeparture = 21 * 60 + 45;

/**
 * The wanted departure if people would fly then: short flights between 6 and 22:30 that arrive by 23:55, long ones
 * until 23:50 that arrive between 5 and 23:00. Otherwise any such time, drawn by `luck`, so that the flights of a
 * day do not queue up at the edges; some pair of clocks may have none, and then the wanted one stays.
 */
function departure(wanted: number, blockMinutes: number, shift: number, luck: number): number {
  const long = blockMinutes > 300;
  const fits = (departs: number): boolean => {
    const arrives = wrap(departs + blockMinutes + shift);
    return long
      ? departs >= 7 * 60 && departs <= 23 * 60 + 50 && arrives >= 5 * 60 && arrives <= 23 * 60
      : departs >= 6 * 60 && departs <= 22 * 60 + 30 && arrives >= 6 * 60 + 30 && arrives <= 23 * 60 + 55;
  };
  const rounded = wrap(Math.round(wanted / 5) * 5);
  if (fits(rounded)) return rounded;
  const fitting = dayByFives.filter(fits);
  return fitting[Math.floor(luck * fitting.length)] ?? rounded;
}

const dayByFives = Array.from({ length: dayMinutes / 5 }, (_, index) => index * 5);

const wrap = (minutes: number): number => ((minutes % dayMinutes) + dayMinutes) % dayMinutes;

/** A fixed winter day, so that a service's departure does not depend on when it is planned. */
const planningDate = '2026-01-15T12:00';

/** Minutes that the destination's clocks are ahead of the origin's. */
const clockShift = (origin: Stop, destination: Stop): number =>
  (wallToInstant(planningDate, origin.zone) - wallToInstant(planningDate, destination.zone)) / minuteMs;

/**
 * Gate to gate in minutes, a multiple of five: 850 km/h and half an hour on the ground and in climb, with a jet
 * stream of 70 km/h from the west outside the tropics, so that New York–London takes an hour less than the way back.
 */
function blockTime(origin: Stop, destination: Stop, km: number): number {
  const latitude = (origin.latitude + destination.latitude) / 2;
  const eastDegrees = ((destination.longitude - origin.longitude + 540) % 360) - 180;
  const eastKm = eastDegrees * 111.2 * Math.cos((latitude * Math.PI) / 180);
  const eastShare = Math.max(-1, Math.min(1, eastKm / km));
  const wind = Math.abs(latitude) > 20 ? 70 * eastShare : 0;
  return Math.round((30 + (km / (850 + wind)) * 60) / 5) * 5;
}

/** Seats by cabin of the aircraft that flies such a distance. */
const aircraft: { untilKm: number; seats: Record<CabinClass, number> }[] = [
  { untilKm: 700, seats: { economy: 150, premium_economy: 0, business: 12, first: 0 } },
  { untilKm: 3500, seats: { economy: 162, premium_economy: 0, business: 16, first: 0 } },
  { untilKm: 6500, seats: { economy: 204, premium_economy: 28, business: 32, first: 0 } },
  { untilKm: 9500, seats: { economy: 232, premium_economy: 36, business: 44, first: 8 } },
  { untilKm: Number.POSITIVE_INFINITY, seats: { economy: 256, premium_economy: 40, business: 52, first: 8 } },
];

/** Where an airline does not sell a cabin, economy has its room: two seats for each, as rows are denser. */
function cabinsOf(carrier: DemoCarrier, km: number): Service['cabins'] {
  const { seats } = aircraft.find((each) => km <= each.untilKm) as (typeof aircraft)[number];
  const sold = carrier.cabins.filter((cabin) => seats[cabin] > 0);
  let freed = 0;
  for (const cabin of Object.keys(seats) as CabinClass[]) if (!sold.includes(cabin)) freed += seats[cabin] * 2;
  return sold.map((cabin) => ({
    cabin,
    capacity: seats[cabin] + (cabin === 'economy' ? freed : 0),
    baseFare: Math.round((fareByDistance(km, cabin).amount * carrier.farePercent) / 100),
  }));
}

/** Monday … Sunday. */
const weekdayPercent = [104, 92, 94, 102, 116, 98, 114];
/** By month, January first, for the half of the year that is summer in the north. */
const monthPercent = [90, 90, 98, 104, 100, 110, 122, 120, 100, 98, 94, 116];

/** What a date makes of a service's fare, in percent. */
function farePercent(service: Service, day: number, weekday: number): number {
  const month = Number(dateOfDay(day).slice(5, 7)) - 1;
  const hour = Math.floor(service.departs / 60);
  const hourPercent = hour < 7 || hour >= 21 ? 88 : (hour >= 7 && hour < 10) || (hour >= 16 && hour < 19) ? 108 : 99;
  // A week that everybody wants (a fair, a school holiday), and what is left of the seats on this very flight.
  const week = 92 + 18 * draw(service.salt, 1000 + Math.floor((day + 3) / 7));
  const own = 85 + 40 * draw(service.salt, 100_000 + day) ** 2;
  const season = monthPercent[month] as number;
  return ((weekdayPercent[weekday] as number) * season * hourPercent * week * own) / 100 ** 4;
}

const clock = (minutes: number): string =>
  `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;

/** Mixes two integers into 32 bits (the finisher of MurmurHash3): neighbours in, strangers out. */
function mix(a: number, b: number): number {
  let hash = (a ^ Math.imul(b, 0x9e3779b1)) | 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** The draw of that name out of a salt, from 0 up to 1. */
const draw = (salt: number, name: number): number => mix(salt, name) / 2 ** 32;
