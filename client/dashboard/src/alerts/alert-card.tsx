import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Bell, BellOff } from 'lucide-react';
import type { AlertView } from '../../../../shared/alert.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatDate, formatMoment } from '../flight/flight-times.ts';
import { StateTag } from '../flight/state-tag.tsx';
import { CopyText } from '../shell/copy-text.tsx';
import { client } from '../wire/traveller.ts';
import { sayMinutes } from './alert-draft.ts';
import styles from './alerts-page.module.css';

export function AlertCard({ alert, onRemoved }: { alert: AlertView; onRemoved: () => void }) {
  const { id, origin, destination, departFrom, departTo, target, dropBy, price, isArmed, fired, lastFiredAt } = alert;
  const { coolDownMinutes, quietHours, webhook } = alert;
  const removing = useMutation({ mutationFn: () => client.trpc.alerts.remove.mutate({ id }), onSuccess: onRemoved });
  return (
    <article className={`surface ${styles.card}`} aria-label={`Alert ${origin} → ${destination}`}>
      <div className="row between">
        <span className={styles.title}>
          {origin} → {destination}
        </span>
        <StateTag tone={isArmed ? 'ok' : 'warn'} icon={isArmed ? Bell : BellOff}>
          {isArmed ? 'Watching' : 'Has fired'}
        </StateTag>
      </div>
      <p>
        {target ? `At most ${formatMoney(target)}` : dropBy ? `Down by ${formatMoney(dropBy)}` : ''} on{' '}
        {departFrom === departTo ? formatDate(departFrom) : `${formatDate(departFrom)} to ${formatDate(departTo)}`}
      </p>
      <p className="dim">
        {price ? `Now ${formatMoney(price)}` : 'No price seen yet'} · fired {fired} {fired === 1 ? 'time' : 'times'}
        {lastFiredAt && `, last ${formatMoment(lastFiredAt)}`}
        {alert.mail && ' · tells you by mail'}
      </p>
      {(coolDownMinutes > 0 || quietHours) && (
        <p className="dim">
          {[
            coolDownMinutes > 0 && `Rests ${sayMinutes(coolDownMinutes)} after it has fired`,
            quietHours && `Quiet from ${quietHours.from} to ${quietHours.to}, ${quietHours.zone.replaceAll('_', ' ')}`,
          ]
            .filter(Boolean)
            .join(' · ')}
        </p>
      )}
      {webhook && (
        <details className={styles.webhook}>
          <summary>Tells {new URL(webhook.url).host}</summary>
          <dl>
            <dt>Address</dt>
            <dd>
              <code>{webhook.url}</code>
            </dd>
            <dt>Secret</dt>
            <dd>
              <CopyText label="Copy the secret" text={webhook.secret} />
            </dd>
          </dl>
        </details>
      )}
      {removing.isError && <FailureNotice error={removing.error} />}
      <div>
        <Button
          size="xs"
          variant="default"
          loading={removing.isPending}
          onClick={() => removing.mutate()}
          aria-label={`Remove the alert ${origin} → ${destination}`}
        >
          Remove
        </Button>
      </div>
    </article>
  );
}
