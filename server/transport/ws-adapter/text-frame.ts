/** What one WebSocket frame header takes at most, unmasked. */
const headerMaxBytes = 10;
/** Longest payloads of the header's three forms. */
const [shortMax, mediumMax] = [125, 65_535];
const finalText = 0x81;

/** Writes the header of a text frame whose payload has `length` bytes. Returns where the payload begins. */
function writeHeader(target: Buffer, at: number, length: number): number {
  target[at] = finalText;
  if (length <= shortMax) {
    target[at + 1] = length;
    return at + 2;
  }
  if (length <= mediumMax) {
    target[at + 1] = 126;
    target.writeUInt16BE(length, at + 2);
    return at + 4;
  }
  target[at + 1] = 127;
  target.writeUInt32BE(Math.floor(length / 2 ** 32), at + 2);
  target.writeUInt32BE(length % 2 ** 32, at + 6);
  return at + headerMaxBytes;
}

/** A whole text frame as a server sends it: one buffer, which any number of sockets may be given. */
export function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text);
  const frame = Buffer.allocUnsafe(length + headerMaxBytes);
  const start = writeHeader(frame, 0, length);
  frame.write(text, start);
  return frame.subarray(0, start + length);
}

const scratch = Buffer.allocUnsafeSlow(64 * 1024);
/** Longer texts have a frame of their own: each byte could become three, and the scratch holds only so much. */
const scratchTextMax = 16 * 1024;

/**
 * Frames of several texts as few buffers: one, unless texts are long. Much cheaper than a header, a
 * payload and a callback each, which the socket would have to gather again.
 */
export function textFrames(texts: readonly (string | Buffer)[], take: (buffer: Buffer) => void): void {
  let end = 0;
  const flush = (): void => {
    if (end > 0) take(Buffer.from(scratch.subarray(0, end)));
    end = 0;
  };
  for (const text of texts) {
    if (text.length > scratchTextMax) {
      flush();
      take(typeof text === 'string' ? textFrame(text) : text);
      continue;
    }
    if (typeof text !== 'string') {
      if (end + text.length > scratch.length) flush();
      end += text.copy(scratch, end);
      continue;
    }
    if (end + text.length * 3 + headerMaxBytes > scratch.length) flush();
    if (text.length <= shortMax) {
      // May be either form; only the longer ones are known without counting.
      const start = writeHeader(scratch, end, Buffer.byteLength(text));
      end = start + scratch.write(text, start);
    } else {
      const length = scratch.write(text, end + 4);
      writeHeader(scratch, end, length);
      end += 4 + length;
    }
  }
  flush();
}
