import { currencyExponent, type Money, money } from '../../../../shared/money.ts';

/** `1,234.50` in a currency to minor units, shifted as text so that no float rounds it; null for what is no amount. */
export function parseMoney(text: string, currency: string): Money | null {
  const match = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text.trim().replace(/[\s,](?=\d{3}(?:\D|$))/g, ''));
  if (!match) return null;
  const exponent = currencyExponent(currency);
  const [, units = '', fraction = ''] = match;
  if (fraction.length > exponent) return null;
  return money(Number(units + fraction.padEnd(exponent, '0')), currency);
}

/** What stands at a field whose text is none. */
export const amountWanted = 'an amount, such as 120.00';

/** The amount alone, as it is typed into a field. */
export function moneyText({ amount, currency }: Money): string {
  const exponent = currencyExponent(currency);
  if (exponent === 0) return String(amount);
  const digits = String(amount).padStart(exponent + 1, '0');
  return `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
}
