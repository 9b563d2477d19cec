import { Button } from '@mantine/core';
import { ArrowRight, TrendingDown, TrendingUp } from 'lucide-react';
import { formatMoney } from '../../../../shared/money.ts';
import { failureOf } from '../../../sdk/airside-error.ts';
import { FailureNotice } from '../failure/failure-notice.tsx';
import styles from './hold-problem.module.css';
import type { useHold } from './use-hold.ts';
import { WaitingPanel } from './waiting-panel.tsx';

/** Why the seats could not be held, with the next step. A new price is shown as was → now before anybody agrees. */
export function HoldProblem({ holding }: { holding: ReturnType<typeof useHold> }) {
  const { error, pending } = holding;
  if (pending && holding.place) return <WaitingPanel place={holding.place} onLeave={holding.leave} />;
  if (!error || pending) return null;
  const failure = failureOf(error);
  if (failure.code !== 'PRICE_CHANGED') {
    return (
      <FailureNotice error={error} {...(failure.retryable && { onRetry: holding.repeat })}>
        <Button size="xs" variant="default" onClick={holding.dismiss}>
          Close
        </Button>
      </FailureNotice>
    );
  }
  const { was, now } = failure.details;
  const rose = now.amount > was.amount;
  const Icon = rose ? TrendingUp : TrendingDown;
  return (
    <div className={styles.price} role="alert">
      <Icon size={18} aria-hidden />
      <div>
        <strong>The price {rose ? 'rose' : 'fell'} while you looked</strong>
        <p className={styles.change}>
          <s>{formatMoney(was)}</s>
          <ArrowRight size={14} aria-hidden />
          <span>{formatMoney(now)}</span>
        </p>
        <p>The airline changed the fare of this cabin. Nothing is held yet.</p>
        <div className={styles.actions}>
          <Button size="xs" onClick={holding.acceptPrice}>
            Hold at {formatMoney(now)}
          </Button>
          <Button size="xs" variant="default" onClick={holding.dismiss}>
            Leave it
          </Button>
        </div>
      </div>
    </div>
  );
}
