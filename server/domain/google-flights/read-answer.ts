import { type GoogleBody, readBody } from './read-body.ts';
import { type GoogleResults, readResults } from './read-results.ts';

/** What came back over HTTP. */
export interface GoogleReply {
  status: number;
  /** Where it redirects to, if it does. */
  location?: string | undefined;
  body: string;
}

/**
 * What an answer is. `empty` only where the answer is whole, names the places that were asked for and
 * lists nothing; a block, a consent page or something that cannot be read never is.
 */
export type GoogleAnswer =
  | { class: 'ok'; results: GoogleResults }
  | { class: 'empty'; detail: string }
  | { class: 'partial' | 'consent' | 'blocked' | 'malformed'; detail: string };

const blockedStatuses = [403, 429, 503];
/** gRPC codes of refusals: permission denied, resource exhausted, internal (without a valid browser header), unauthenticated. */
const blockedCodes = [7, 8, 13, 16];
const consentPage = /consent\.google\.[a-z.]+|action="[^"]*\/consent/i;
const sorryPage = /\/sorry\/index|unusual traffic|g-recaptcha|automated queries/i;

/** @param currency that was asked for. */
export function readAnswer(reply: GoogleReply, currency: string): GoogleAnswer {
  const { status, location = '', body } = reply;
  if (consentPage.test(location)) return { class: 'consent', detail: 'redirected to the consent page' };
  if (blockedStatuses.includes(status) || location.includes('/sorry')) {
    return { class: 'blocked', detail: `status ${status}` };
  }
  if (status !== 200) return { class: 'malformed', detail: `status ${status}` };
  const read = readBody(body);
  if (read.payloads.length === 0) return withoutPayload(read, body);

  const all = read.payloads.map((payload) => readResults(payload, currency));
  // An answer comes in instalments, each with the whole list as it is by then: the last one counts.
  const last = all.findLast((each) => each.itineraries.length + each.unreadable + each.calendar.length > 0);
  if (!last) return withoutRows(read, all);
  const insight = all.findLast((each) => each.insight)?.insight ?? null;
  const results: GoogleResults = { ...last, places: all[0]?.places ?? [], insight };
  const priced = results.itineraries.filter(({ price }) => price).length + results.calendar.length;
  if (results.itineraries.length === 0 && results.calendar.length === 0) {
    return { class: 'malformed', detail: `none of ${results.unreadable} rows is as we know them` };
  }
  if (priced === 0) return { class: 'partial', detail: 'no row has a price' };
  if (!isCall(body) && results.itineraries.length === 1 && results.itineraries[0]?.isBest === false) {
    return { class: 'partial', detail: 'a page with a single row, before the list has come' };
  }
  return { class: 'ok', results };
}

const isCall = (body: string): boolean => body.trimStart().startsWith(")]}'");

function withoutPayload({ errors }: GoogleBody, body: string): GoogleAnswer {
  const [code] = errors;
  if (code !== undefined) {
    return {
      class: blockedCodes.includes(code) ? 'blocked' : 'malformed',
      detail: `error ${code} in place of results`,
    };
  }
  if (consentPage.test(body)) return { class: 'consent', detail: 'the consent page' };
  if (sorryPage.test(body)) return { class: 'blocked', detail: 'the page for unusual traffic' };
  return { class: 'malformed', detail: 'no results and no known page' };
}

function withoutRows({ isWhole, errors }: GoogleBody, all: GoogleResults[]): GoogleAnswer {
  if (errors.some((code) => blockedCodes.includes(code))) return { class: 'blocked', detail: 'refused half-way' };
  if (!isWhole) return { class: 'malformed', detail: 'it breaks off before any row' };
  const places = all[0]?.places ?? [];
  if (places.length < 2) return { class: 'malformed', detail: 'no rows, and no word of what was asked for' };
  return { class: 'empty', detail: `the whole answer for ${places.join('-')} lists no flights` };
}
