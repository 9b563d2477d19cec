import { NotAMessage, readMessage, type WireField, writeMessage } from './wire-message.ts';

/**
 * The `tfu` parameter: how the list is shown. `{ 2: { 1 sort, 2 show all, 3, 4 tab, 5 }, 4: {} }`.
 * Numbers as Google has them (sort 5: by duration; tab 2: cheapest); absent fields are not written.
 */
export interface Tfu {
  sort?: number;
  showAll?: number;
  field3?: number;
  tab?: number;
  field5?: number;
  /** An empty message beside the first. */
  hasFour: boolean;
}

const names = ['sort', 'showAll', 'field3', 'tab', 'field5'] as const;

export function encodeTfu(tfu: Tfu): string {
  const view = names.flatMap((name, index): WireField[] =>
    tfu[name] === undefined ? [] : [{ field: index + 1, value: BigInt(tfu[name]) }],
  );
  const four: WireField[] = tfu.hasFour ? [{ field: 4, value: new Uint8Array() }] : [];
  return Buffer.from(writeMessage([{ field: 2, value: writeMessage(view) }, ...four])).toString('base64url');
}

/** Throws NotAMessage. */
export function decodeTfu(text: string): Tfu {
  const top = readMessage(Buffer.from(text, 'base64url'));
  const view = top.find(({ field }) => field === 2)?.value;
  if (!(view instanceof Uint8Array)) throw new NotAMessage('not a tfu');
  const numbers = readMessage(view).map(({ field, value }) => {
    const name = names[field - 1];
    if (!name || typeof value !== 'bigint') throw new NotAMessage(`field ${field} of the tfu is not known`);
    return [name, Number(value)] as const;
  });
  return { ...Object.fromEntries(numbers), hasFour: top.some(({ field }) => field === 4) };
}

/** All results, not only the best. */
export const showAllTfu = encodeTfu({ sort: 0, showAll: 1, hasFour: true });
