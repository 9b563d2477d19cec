import { writeMessage } from './wire-message.ts';

const utf8 = new TextEncoder();

/**
 * The cookies of somebody who has answered Google's consent page: without them addresses in the EU
 * are sent to that page instead of an answer. It says that the page was seen, nothing else.
 *
 * @param build of the page that was answered, `gws_YYYYMMDD-0_RC2`.
 * @param at Unix seconds.
 */
export function consentCookie({ build, language, at }: { build: string; language: string; at: number }): string {
  const socs = writeMessage([
    { field: 1, value: 1n },
    {
      field: 2,
      value: writeMessage([
        { field: 1, value: 1n },
        { field: 2, value: utf8.encode(build) },
        { field: 3, value: utf8.encode(language) },
        { field: 4, value: 1n },
      ]),
    },
    { field: 3, value: writeMessage([{ field: 1, value: BigInt(at) }]) },
  ]);
  return `SOCS=${Buffer.from(socs).toString('base64url')}; CONSENT=PENDING+987`;
}
