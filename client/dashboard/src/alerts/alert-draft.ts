import type * as z from 'zod';
import { createAlertInput } from '../../../../shared/alert.ts';
import { newId } from '../../../../shared/ids.ts';
import { addDays, today } from '../flight/flight-times.ts';
import { parseMoney } from '../money/parse-money.ts';

export const restUnits = { minutes: 1, hours: 60, days: 1_440 };
export type RestUnit = keyof typeof restUnits;

/** An alert as it is typed, before anything of it need be valid. */
export const firstDraft = () => ({
  id: newId(),
  from: '',
  to: '',
  depart: addDays(today(), 30),
  until: addDays(today(), 37),
  kind: 'target' as 'target' | 'dropBy',
  amount: '',
  currency: 'USD',
  /** Empty: it does not rest. */
  rest: '',
  restUnit: 'hours' as RestUnit,
  isQuiet: false,
  quietFrom: '22:00',
  quietTo: '07:00',
  zone: Intl.DateTimeFormat().resolvedOptions().timeZone,
  webhookUrl: '',
  mail: false,
});
export type AlertDraft = ReturnType<typeof firstDraft>;

export function inputOf(draft: AlertDraft): z.input<typeof createAlertInput> {
  const amount = parseMoney(draft.amount, draft.currency);
  const rest = draft.rest.trim();
  const webhookUrl = draft.webhookUrl.trim();
  return {
    id: draft.id,
    origin: draft.from,
    destination: draft.to,
    departFrom: draft.depart,
    departTo: draft.until,
    mail: draft.mail,
    ...(amount && { [draft.kind]: amount }),
    ...(rest && { coolDownMinutes: Number(rest.replace(',', '.')) * restUnits[draft.restUnit] }),
    ...(draft.isQuiet && { quietHours: { from: draft.quietFrom, to: draft.quietTo, zone: draft.zone } }),
    ...(webhookUrl && { webhookUrl }),
  };
}

/** What each field of the input is wrong for, in words for whoever typed it. */
const faultTexts: Record<string, string> = {
  origin: 'Where from?',
  destination: 'Where to?',
  target: 'How much?',
  coolDownMinutes: 'Whole minutes, at most 30 days',
  'quietHours.from': 'When do they begin?',
  'quietHours.to': 'When do they end? Not when they begin',
  webhookUrl: 'An address with http:// or https://',
};

/** What the server would refuse, by the name of its field: the schema is the same. Empty: nothing. */
export function faultsOf(draft: AlertDraft): Record<string, string> {
  const parsed = createAlertInput.safeParse(inputOf(draft));
  // Both kinds of amount are one field of the form; it is said at once, though the schema looks at the rest first.
  const faults: Record<string, string> = parseMoney(draft.amount, draft.currency) ? {} : { target: 'How much?' };
  for (const { path, message } of parsed.error?.issues ?? []) {
    const name = path.join('.');
    faults[name] ??= faultTexts[name] ?? `${message.charAt(0).toUpperCase()}${message.slice(1)}`;
  }
  return faults;
}

/** `90 minutes`, `6 hours`, `1 day` */
export function sayMinutes(minutes: number): string {
  const unit = minutes % 1_440 === 0 ? 'day' : minutes % 60 === 0 ? 'hour' : 'minute';
  const n = minutes / restUnits[`${unit}s`];
  return `${n} ${unit}${n === 1 ? '' : 's'}`;
}
