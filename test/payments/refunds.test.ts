import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { MockGateway } from '../../server/domain/payments/mock-gateway.ts';
import { armPausePoint } from '../../server/platform/runtime/pause-points.ts';
import { newId } from '../../shared/ids.ts';
import { eventually, openTill, startGateway, type Till } from './open-till.ts';

describe('refunds', () => {
  let gateway: MockGateway;
  let till: Till;
  beforeAll(async () => {
    gateway = await startGateway();
    till = await openTill(gateway);
  });
  afterAll(async () => {
    await till.expectMoneyToAddUp();
    expect(await till.drift()).toBe(0);
    await till.close();
    await gateway.close();
  });

  const cancel = async (id: string) => {
    const { quoteId } = await till.guest.trpc.booking.cancelQuote.query({ id });
    await till.guest.trpc.booking.cancel.mutate({ id, quoteId });
  };
  const refundOf = async (bookingId: string) => {
    const { rows } = await till.db.query<{ id: string; payment: string; status: string; calls: number }>(
      'select id, payment_id as payment, status, calls from refund where booking_id = $1',
      [bookingId],
    );
    return rows[0];
  };
  const ask = (refund: { id: string; paymentId: string; bookingId: string; amount: number }) =>
    fetch(`${gateway.url}/refunds`, {
      method: 'POST',
      body: JSON.stringify({ ...refund, amount: { amount: refund.amount, currency: 'USD' } }),
    }).then((response) => response.status);

  it('[PAY-13] a crash between the provider’s answer and our note gives the money back once', async () => {
    const { id } = await till.buy('approve');
    await till.reaches(id, 'confirmed');
    let crashes = 0;
    const disarm = armPausePoint('refund.before-write', () => {
      crashes++;
      throw new Error('the process ended here');
    });
    await cancel(id);
    await eventually(() => till.atGateway(id)).toMatchObject({ captured: 45_000, refunded: 45_000 });
    await eventually(() => crashes).toBe(1);
    // The money is back, and the record does not know it.
    expect(await refundOf(id)).toMatchObject({ status: 'pending', calls: 1 });
    disarm();
    await till.due(id);
    await till.reaches(id, 'refunded');
    expect(await refundOf(id)).toMatchObject({ status: 'succeeded', calls: 2 });
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000, refunded: 45_000 });
  });

  it('[PAY-13] the provider knows a refund by its id, and gives back no more than it collected', async () => {
    const { id } = await till.buy('approve');
    await till.reaches(id, 'confirmed');
    const { id: paymentId } = await till.payment(id);
    const refund = { id: newId(), paymentId, bookingId: id, amount: 45_000 };
    expect(await ask({ ...refund, amount: 45_001 })).toBe(409);
    // What our record would have asked for, asked for by somebody else under its own id.
    await cancel(id);
    await till.reaches(id, 'refunded');
    const { id: known } = (await refundOf(id)) as { id: string };
    expect(await ask({ ...refund, id: known })).toBe(200);
    expect(await ask({ ...refund, id: known, amount: 44_000 })).toBe(409);
    // Without the id a repeat would be a second refund: only the sum stands in its way.
    expect(await ask(refund)).toBe(409);
    expect(await ask({ ...refund, paymentId: newId() })).toBe(404);
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000, refunded: 45_000 });
  });

  it('[PAY-13] a payment whose answer was not written down is found again, and collected once', async () => {
    const disarm = armPausePoint('payment.before-write', () => {
      throw new Error('the process ended here');
    });
    const { id } = await till.buy('lost');
    await eventually(async () => (await till.atGateway(id))?.captured).toBe(45_000);
    await till.due(id);
    await eventually(() => till.payment(id)).toMatchObject({ status: 'pending', calls: 2 });
    disarm();
    await till.due(id);
    await till.reaches(id, 'confirmed');
    expect(await till.atGateway(id)).toMatchObject({ captured: 45_000, refunded: 0 });
  });
});
