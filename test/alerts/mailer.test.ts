import { afterEach, describe, expect, test } from 'vitest';
import { openMailer } from '../../server/platform/mail/mailer.ts';
import { type MailSink, openMailSink } from '../support/mail-sink.ts';

const sinks: MailSink[] = [];
afterEach(async () => {
  for (const sink of sinks.splice(0)) await sink.close();
});

async function openSink(refuses?: string): Promise<MailSink> {
  const sink = await openMailSink(refuses);
  sinks.push(sink);
  return sink;
}

const mail = { id: 'alert-1.2', to: 'ada@example.org', subject: 'JFK → LHR for $ 300', text: 'Cheaper now.\n.\nLook.' };

describe('mail', () => {
  test('[ALERT-5] goes over SMTP as it was written, from our address, under an id that a repeat shares', async () => {
    const sink = await openSink();
    const mailer = openMailer({ url: sink.url, from: 'airside@example.com' });
    expect(mailer.isReal).toBe(true);
    await mailer.send(mail);
    await mailer.send(mail);
    mailer.close();
    expect(sink.messages).toHaveLength(2);
    const [message] = sink.messages;
    expect(message).toMatchObject({ from: 'airside@example.com', to: ['ada@example.org'] });
    const head = message?.lines.slice(0, message.lines.indexOf('')) ?? [];
    expect(head).toContain('Message-ID: <alert-1.2@airside>');
    expect(head.filter((line) => line.startsWith('To:'))).toEqual(['To: ada@example.org']);
    // A line with a dot alone would have ended the message, were it not doubled on its way.
    expect(message?.lines.slice(message.lines.indexOf('') + 1)).toEqual(['Cheaper now.', '.', 'Look.']);
  });

  test('[ALERT-5] that the server refuses, or that it cannot be brought to, is not sent', async () => {
    const sink = await openSink('550 nobody here');
    const mailer = openMailer({ url: sink.url, from: 'airside@example.com' });
    await expect(mailer.send(mail)).rejects.toThrow(/550/);
    mailer.close();
    expect(sink.messages).toEqual([]);
    const nowhere = openMailer({ url: 'smtp://127.0.0.1:1', from: 'airside@example.com' });
    await expect(nowhere.send(mail)).rejects.toThrow(/ECONNREFUSED/);
    nowhere.close();
  });
});
