import * as z from 'zod';

/** Integer minor units (cents, yen) of an ISO 4217 currency. Never a float, never a string. */
export const moneySchema = z.object({
  amount: z.int().min(0).max(Number.MAX_SAFE_INTEGER),
  currency: z.string().regex(/^[A-Z]{3}$/, 'an ISO 4217 code, three capital letters'),
});
export type Money = z.infer<typeof moneySchema>;

export const money = (amount: number, currency: string): Money => ({ amount, currency });

/** Digits after the decimal point of a currency: 2 for USD, 0 for JPY, 3 for KWD (from Intl's tables). */
export function currencyExponent(currency: string): number {
  return new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions().maximumFractionDigits ?? 2;
}

/** "€123.45" in the reader's locale. The amount is shifted as text, so no float rounds it. */
export function formatMoney({ amount, currency }: Money, locale?: string): string {
  const exponent = currencyExponent(currency);
  const digits = String(Math.abs(amount)).padStart(exponent + 1, '0');
  const decimal = exponent === 0 ? digits : `${digits.slice(0, -exponent)}.${digits.slice(-exponent)}`;
  // NumberFormat takes decimal strings exactly; the lib types lag behind that.
  return new Intl.NumberFormat(locale, { style: 'currency', currency }).format(
    `${amount < 0 ? '-' : ''}${decimal}` as unknown as number,
  );
}

/** "627.00" GBP → 62700 pence, exactly. Undefined for what is no amount of that currency, such as half a cent. */
export function moneyOfDecimal(decimal: string, currency: string): Money | undefined {
  const [, whole = '', fraction = ''] = /^(\d{1,15})(?:\.(\d{1,15}))?$/.exec(decimal) ?? [];
  if (whole === '' || !/^[A-Z]{3}$/.test(currency)) return undefined;
  const exponent = currencyExponent(currency);
  const [minor, beyond] = [fraction.slice(0, exponent).padEnd(exponent, '0'), fraction.slice(exponent)];
  const amount = Number(whole + minor);
  return /^0*$/.test(beyond) && Number.isSafeInteger(amount) ? money(amount, currency) : undefined;
}
