/** Who asks, as everything below the front door knows it. Settled once per socket or HTTP call. */
export type Actor =
  | { role: 'anonymous'; id: null }
  | { role: 'traveller'; id: string; email: string | null; name: string | null }
  | { role: 'operator'; id: string };

export const anonymous: Actor = { role: 'anonymous', id: null };

/** The one operator that the key of `ADMIN_API_KEY` stands for. */
export const keyOperator: Actor = { role: 'operator', id: '00000000-0000-7000-8000-000000000001' };
