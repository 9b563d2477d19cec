import { Button } from '@mantine/core';
import { CircleAlert, RotateCw } from 'lucide-react';
import type { ReactNode } from 'react';
import { CopyText } from '../shell/copy-text.tsx';
import { describeFailure } from './describe-failure.ts';
import styles from './failure-notice.module.css';

/** What happened, what to do, and the id to copy: the same in a panel, a form and a page. */
export function FailureNotice({
  error,
  onRetry,
  retrying = false,
  children,
}: {
  error: unknown;
  onRetry?: () => void;
  retrying?: boolean;
  children?: ReactNode;
}) {
  const { title, advice, reference } = describeFailure(error);
  return (
    <div className={styles.notice} role="alert">
      <CircleAlert size={18} aria-hidden className={styles.icon} />
      <div className={styles.text}>
        <strong>{title}</strong>
        <p>{advice}</p>
        {reference && (
          <p className={styles.reference}>
            Error id <CopyText text={reference} label="Copy the error id" />
          </p>
        )}
        {(onRetry || children) && (
          <div className={styles.actions}>
            {onRetry && (
              <Button
                size="xs"
                variant="default"
                onClick={onRetry}
                loading={retrying}
                leftSection={<RotateCw size={14} aria-hidden />}
              >
                Try again
              </Button>
            )}
            {children}
          </div>
        )}
      </div>
    </div>
  );
}
