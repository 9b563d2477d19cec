import { createTransport } from 'nodemailer';

export interface Mail {
  /** The same for the same message, so that a repeat is known for one: the local part of its Message-ID. */
  id: string;
  to: string;
  subject: string;
  text: string;
}

/** Sends mail, or only composes it. Rejects when the server did not take it. */
export interface Mailer {
  /** False: nothing leaves the house. */
  isReal: boolean;
  send(mail: Mail): Promise<void>;
  close(): void;
}

const patienceMs = 10_000;
const timeouts = { connectionTimeout: patienceMs, greetingTimeout: patienceMs, socketTimeout: patienceMs };

/**
 * @param settings.url of the SMTP server; without it messages are composed and checked, and go nowhere.
 * @param settings.from address of the sender.
 */
export function openMailer(settings: { url: string | undefined; from: string }): Mailer {
  const { url, from } = settings;
  const transport = url ? createTransport({ url, ...timeouts }) : createTransport({ jsonTransport: true });
  return {
    isReal: url !== undefined,
    send: async ({ id, to, subject, text }) => {
      await transport.sendMail({
        from,
        to: { name: '', address: to },
        subject,
        text,
        messageId: `<${id}@airside>`,
        // Nothing from the disk or the network may be pulled into a message.
        disableFileAccess: true,
        disableUrlAccess: true,
      });
    },
    close: () => transport.close(),
  };
}
