import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

interface SunkMail {
  /** By the envelope. */
  from: string;
  to: string[];
  /** Headers, an empty line, the body; as they came. */
  lines: string[];
}

export interface MailSink {
  /** For SMTP_URL. */
  url: string;
  messages: SunkMail[];
  /** The body of the next message to this address that was not asked for yet, its soft line breaks undone. */
  nextTo(address: string): Promise<string>;
  close(): Promise<void>;
}

/**
 * A mail server that takes everything and keeps it: as much of RFC 5321 as a client needs that sends.
 *
 * @param refuses what RCPT is answered with instead of 250.
 */
export async function openMailSink(refuses?: string): Promise<MailSink> {
  const messages: SunkMail[] = [];
  const asked = new Set<SunkMail>();
  const sockets = new Set<Socket>();
  let wake = () => {};

  const serve = async (socket: Socket): Promise<void> => {
    const say = (line: string) => void socket.write(`${line}\r\n`);
    let message: SunkMail = { from: '', to: [], lines: [] };
    let isData = false;
    say('220 sink');
    for await (const line of createInterface({ input: socket })) {
      if (isData) {
        isData = line !== '.';
        if (isData) message.lines.push(line.replace(/^\.\./, '.'));
        else {
          messages.push(message);
          say('250 taken');
          wake();
        }
      } else if (/^MAIL FROM:/i.test(line)) {
        message = { from: addressIn(line), to: [], lines: [] };
        say('250 go on');
      } else if (/^RCPT TO:/i.test(line)) {
        message.to.push(addressIn(line));
        say(refuses ?? '250 go on');
      } else if (/^DATA/i.test(line)) {
        isData = true;
        say('354 end with a dot');
      } else if (/^QUIT/i.test(line)) {
        say('221 bye');
        socket.end();
      } else say('250 go on');
    }
  };
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
    serve(socket).catch(() => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    messages,
    nextTo: async (address) => {
      for (;;) {
        const found = messages.find((each) => each.to.includes(address) && !asked.has(each));
        if (found) {
          asked.add(found);
          return found.lines.join('\n').replaceAll('=\n', '').replaceAll('=3D', '=');
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    },
    close: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

const addressIn = (line: string): string => /<([^>]*)>/.exec(line)?.[1] ?? '';
