import { describe, expect, test } from 'vitest';
import { type AlertState, decideAlert } from '../../server/domain/alerts/decide-alert.ts';
import { afterQuietHours } from '../../server/domain/alerts/quiet-hours.ts';
import { isInside } from '../../server/platform/http/post-outside.ts';

/** The prices at which an alert fires, one look a minute. */
function firesAt(start: Partial<AlertState>, prices: number[]): number[] {
  let state: AlertState = {
    kind: 'target',
    amount: 100,
    isArmed: true,
    referenceAmount: null,
    firedAtMs: null,
    coolDownMinutes: 0,
    ...start,
  };
  return prices.flatMap((price, minute) => {
    const { fires, isArmed, referenceAmount } = decideAlert(state, price, minute * 60_000);
    state = { ...state, isArmed, referenceAmount, firedAtMs: fires ? minute * 60_000 : state.firedAtMs };
    return fires ? [price] : [];
  });
}

describe('when an alert fires', () => {
  test('[ALERT-1] a target: once when it is reached, again only after the price was 2 % above it', () => {
    expect(firesAt({}, [120, 101, 100, 90, 100])).toEqual([100]);
    expect(firesAt({}, [80])).toEqual([80]);
    expect(firesAt({}, [100, 101, 99, 102, 100, 103, 99])).toEqual([100, 99]);
  });

  test('[ALERT-1] a drop: from the height since it fired last', () => {
    const drop = { kind: 'drop', amount: 20 } as const;
    expect(firesAt(drop, [100, 110, 91, 90, 85, 70])).toEqual([90, 70]);
    expect(firesAt(drop, [100, 90, 95, 81])).toEqual([]);
    expect(firesAt({ kind: 'drop', amount: 0 }, [100, 90])).toEqual([]);
  });

  test('[ALERT-2] it rests after it has fired, and what is crossed meanwhile fires afterwards if it still holds', () => {
    expect(firesAt({ coolDownMinutes: 5 }, [100, 110, 100, 100, 100, 99])).toEqual([100, 99]);
    expect(firesAt({ coolDownMinutes: 5 }, [100, 110, 100, 110, 110, 110])).toEqual([100]);
  });

  test('[ALERT-2] quiet hours end by the clock of their zone', () => {
    const quiet = { from: '22:00', to: '07:00', zone: 'Europe/Berlin' };
    const at = (iso: string) => new Date(afterQuietHours(quiet, Date.parse(iso))).toISOString();
    expect(at('2026-12-01T20:59:00.000Z')).toBe('2026-12-01T20:59:00.000Z');
    expect(at('2026-12-01T21:00:00.000Z')).toBe('2026-12-02T06:00:00.000Z');
    expect(at('2026-12-02T05:59:30.000Z')).toBe('2026-12-02T06:00:30.000Z');
    expect(at('2026-12-02T06:00:00.000Z')).toBe('2026-12-02T06:00:00.000Z');
    expect(afterQuietHours(null, 5)).toBe(5);
    expect(at('2026-07-01T20:30:00.000Z')).toBe('2026-07-02T05:00:00.000Z');
  });
});

describe('where webhooks may not lead', () => {
  test.each([
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '169.254.169.254',
    '100.64.0.1',
    '0.0.0.0',
    '224.0.0.1',
    '::1',
    '::',
    'fd00::1',
    'fe80::1',
    '::ffff:127.0.0.1',
    '::ffff:7f00:1',
    'nonsense',
  ])('[ALERT-4] %s is inside', (address) => {
    expect(isInside(address)).toBe(true);
  });
  test.each(['8.8.8.8', '172.32.0.1', '2001:4860:4860::8888'])('[ALERT-4] %s is outside', (address) => {
    expect(isInside(address)).toBe(false);
  });
});
