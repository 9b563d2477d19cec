import type { CabinClass } from '../../../shared/flight.ts';
import { keyedMac } from '../../platform/runtime/keyed-mac.ts';

/** What a place in a line is proven with. A ticket keeps the place; a pass says that its turn has come. */
export interface LineToken {
  kind: 'ticket' | 'pass';
  ticket: number;
  /** When the line was opened (ms): a token of an earlier one is worth nothing. */
  opened: number;
  /** When it ends (ms). */
  until: number;
}

/** Whose place it is, and in which line. */
export interface LineHolder {
  actor: string;
  flightId: string;
  cabin: CabinClass;
}

export interface LineSeal {
  seal(token: LineToken, holder: LineHolder): string;
  /** Undefined: not sealed with our key for this one and this line, or over. */
  open(text: string, holder: LineHolder, nowMs: number): LineToken | undefined;
}

const format = /^([tp])\.(\d{1,10})\.(\d{1,15})\.(\d{1,15})\.([\w-]{22})$/;

/** `t|p.TICKET.OPENED.UNTIL.MAC`: nothing in it is secret; whose it is stands only in what is signed. */
export function createLineSeal(secret: string): LineSeal {
  const mac = keyedMac(secret, 'airside waiting room');
  const signed = (body: string, { actor, flightId, cabin }: LineHolder): string =>
    `${body} ${actor} ${flightId} ${cabin}`;
  return {
    seal: ({ kind, ticket, opened, until }, holder) => {
      const body = `${kind === 'pass' ? 'p' : 't'}.${ticket}.${opened}.${until}`;
      return `${body}.${mac.of(signed(body, holder)).toString('base64url')}`;
    },
    open: (text, holder, nowMs) => {
      const [, letter, ticket, opened, until, proof = ''] = format.exec(text) ?? [];
      if (letter === undefined) return undefined;
      const given = Buffer.from(proof, 'base64url');
      // A text that decodes to the same bytes is not what we sealed.
      if (given.toString('base64url') !== proof) return undefined;
      const body = signed(text.slice(0, -proof.length - 1), holder);
      if (!mac.fits(body, given) || Number(until) <= nowMs) return undefined;
      return {
        kind: letter === 'p' ? 'pass' : 'ticket',
        ticket: Number(ticket),
        opened: Number(opened),
        until: Number(until),
      };
    },
  };
}
