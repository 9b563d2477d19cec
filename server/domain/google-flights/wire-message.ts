/**
 * The little of the protobuf wire format that Google Flights needs: varints and length-delimited
 * fields. A message is its fields in the order in which they stand.
 */
export type WireMessage = WireField[];
export interface WireField {
  field: number;
  value: bigint | Uint8Array;
}

/** Whatever cannot be read as a message. */
export class NotAMessage extends Error {
  override readonly name = 'NotAMessage';
}

/** Throws NotAMessage for what is cut off, over-long or of another wire type. */
export function readMessage(bytes: Uint8Array): WireMessage {
  let at = 0;
  const varint = (): bigint => {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = bytes[at++];
      if (byte === undefined) throw new NotAMessage('it ends within a number');
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new NotAMessage('a number of more than ten bytes');
  };
  const message: WireMessage = [];
  while (at < bytes.length) {
    const tag = varint();
    const [field, type] = [Number(tag >> 3n), Number(tag & 7n)];
    if (field === 0 || (type !== 0 && type !== 2)) throw new NotAMessage(`field ${field} of wire type ${type}`);
    if (type === 0) {
      message.push({ field, value: varint() });
      continue;
    }
    const length = Number(varint());
    if (length > bytes.length - at) throw new NotAMessage(`field ${field} is longer than what is left`);
    message.push({ field, value: bytes.subarray(at, at + length) });
    at += length;
  }
  return message;
}

export function writeMessage(message: WireMessage): Uint8Array {
  const bytes: number[] = [];
  const varint = (value: bigint): void => {
    for (; value >= 0x80n; value >>= 7n) bytes.push(Number(value & 0x7fn) | 0x80);
    bytes.push(Number(value));
  };
  for (const { field, value } of message) {
    varint((BigInt(field) << 3n) | (typeof value === 'bigint' ? 0n : 2n));
    if (typeof value === 'bigint') {
      varint(value);
    } else {
      varint(BigInt(value.length));
      bytes.push(...value);
    }
  }
  return Uint8Array.from(bytes);
}

/** Numbers written one after the other, as a packed repeated field has them. */
export function readPacked(bytes: Uint8Array): bigint[] {
  // Each number becomes a field by a tag before it; what is left to do is what readMessage does.
  const tagged: number[] = [];
  let isStart = true;
  for (const byte of bytes) {
    if (isStart) tagged.push(0x08);
    tagged.push(byte);
    isStart = byte < 0x80;
  }
  return readMessage(Uint8Array.from(tagged)).map(({ value }) => value as bigint);
}

export const writePacked = (values: bigint[]): Uint8Array =>
  Uint8Array.from(values.flatMap((value) => [...writeMessage([{ field: 1, value }]).subarray(1)]));
