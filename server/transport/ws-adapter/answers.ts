import type { TRPCCombinedDataTransformer } from '@trpc/server';
import { plainPayload } from '../../../shared/transformer.ts';
import { JsonText } from '../../platform/runtime/json-text.ts';
import type { RequestId } from './call.ts';

/** The beginning of everything that belongs to one call; what follows is the same for all callers. */
export function answerHead(id: RequestId | null, jsonrpc: '2.0' | undefined): string {
  const text = typeof id === 'number' && Number.isSafeInteger(id) ? String(id) : JSON.stringify(id);
  return jsonrpc === undefined ? `{"id":${text},` : `{"id":${text},"jsonrpc":"2.0",`;
}

export const startedTail = '"result":{"type":"started"}}';
export const stoppedTail = '"result":{"type":"stopped"}}';

type Output = TRPCCombinedDataTransformer['output'];

/** A member `data` of an object that has other members already; nothing, where JSON has no word for it. */
function dataMember(output: Output, data: unknown): string {
  const text = (data instanceof JsonText ? plainPayload(data.text) : JSON.stringify(output.serialize(data))) as
    | string
    | undefined;
  return text === undefined ? '' : `,"data":${text}`;
}

export const resultTail = (output: Output, data: unknown): string =>
  `"result":{"type":"data"${dataMember(output, data)}}}`;

/** An event of a subscription that a client names when it comes back. */
export const trackedTail = (output: Output, id: string, data: unknown): string =>
  `"result":{"type":"data"${dataMember(output, { id, data })},"id":${JSON.stringify(id)}}}`;

export const errorTail = (output: Output, shape: unknown): string =>
  `"error":${JSON.stringify(output.serialize(shape)) ?? 'null'}}`;

export const reconnectText = '{"id":null,"method":"reconnect"}';
