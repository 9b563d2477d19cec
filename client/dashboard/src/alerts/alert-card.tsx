import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Bell, BellOff } from 'lucide-react';
import type { AlertView } from '../../../../shared/alert.ts';
import { formatMoney } from '../../../../shared/money.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import { formatDate, formatMoment } from '../flight/flight-times.ts';
import { StateTag } from '../flight/state-tag.tsx';
import { client } from '../wire/traveller.ts';
import styles from './alerts-page.module.css';

export function AlertCard({ alert, onRemoved }: { alert: AlertView; onRemoved: () => void }) {
  const { id, origin, destination, departFrom, departTo, target, dropBy, price, isArmed, fired, lastFiredAt } = alert;
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
        {alert.webhook && ' · tells your server'}
      </p>
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
