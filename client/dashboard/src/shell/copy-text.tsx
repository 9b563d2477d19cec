import { UnstyledButton } from '@mantine/core';
import { Check, Copy } from 'lucide-react';
import { useState } from 'react';
import styles from './copy-text.module.css';

const shownForMs = 1500;

/** A code that is copied by a click on it. */
export function CopyText({ text, label }: { text: string; label: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // Without the permission (or https) the text can still be selected by hand.
      return;
    }
    setCopied(true);
    setTimeout(() => setCopied(false), shownForMs);
  };
  return (
    <UnstyledButton className={styles.copy} onClick={() => void copy()} aria-label={`${label}: ${text}`}>
      <code>{text}</code>
      {copied ? <Check size={13} aria-hidden /> : <Copy size={13} aria-hidden />}
      <span role="status" className={styles.said}>
        {copied ? 'Copied' : ''}
      </span>
    </UnstyledButton>
  );
}
