export interface QuietHours {
  from: string;
  to: string;
  /** IANA. */
  zone: string;
}

const minutesOf = (clockTime: string): number => Number(clockTime.slice(0, 2)) * 60 + Number(clockTime.slice(3, 5));
const dayMinutes = 1_440;

/** When something may be sent: now, or at the end of the quiet hours that it is in. To the minute. */
export function afterQuietHours(quiet: QuietHours | null, nowMs: number): number {
  if (!quiet) return nowMs;
  const wall = new Intl.DateTimeFormat('en-GB', {
    timeZone: quiet.zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const [now, from, to] = [minutesOf(wall.format(nowMs)), minutesOf(quiet.from), minutesOf(quiet.to)];
  const length = (to - from + dayMinutes) % dayMinutes;
  const since = (now - from + dayMinutes) % dayMinutes;
  return since < length ? nowMs + (length - since) * 60_000 : nowMs;
}

export function isZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
