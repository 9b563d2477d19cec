import type { Guard } from './guard.ts';

const settle = 'server/domain/inventory/settle-1.lua';
const admit = 'server/domain/inventory/admit-1.lua';
const scripts = 'test/inventory/gate-scripts.test.ts';
const gate = 'test/inventory/gate.test.ts';
const known = 'server/domain/inventory/known-seats.ts';
const seatGate = 'server/domain/inventory/seat-gate.ts';
const relay = 'test/live/relay.test.ts';
const limits = 'test/booking/hold-limits.test.ts';

/** What is copied out of the record: the gate, what watchers see, the log. */
export const copyGuards: Guard[] = [
  {
    name: 'gate-newest-version',
    prevents: 'an old count of seats that overwrites a new one',
    out: [{ file: settle, text: ' or (newEpoch == epoch and newVersion < version)', instead: '' }],
    proof: {
      file: scripts,
      title: '[GATE-2] takes what is newer or equal; equal makes it young and shows again who never came',
    },
  },
  {
    name: 'gate-newest-epoch',
    prevents: 'a count from before the record was restored',
    out: [
      {
        file: settle,
        text: 'newEpoch < epoch or (newEpoch == epoch and newVersion < version)',
        instead: 'newVersion < version',
      },
    ],
    proof: { file: scripts, title: '[GATE-2] a newer epoch wins even with a lower version, and an older never' },
  },
  {
    name: 'gate-young-truth',
    prevents: 'buyers who are refused by an old truth',
    out: [{ file: admit, text: ' and age < youngMs', instead: '' }],
    proof: {
      file: scripts,
      title: '[GATE-1] says sold out only by a truth younger than a second that nothing is free',
    },
  },
  {
    name: 'gate-truth-of-the-future',
    prevents: 'buyers who are refused by a clock that was set back',
    out: [{ file: admit, text: 'age >= 0 and ', instead: '' }],
    proof: { file: scripts, title: '[GATE-11] a truth of the future refuses nobody' },
  },
  {
    name: 'gate-own-epoch',
    prevents: 'buyers who are counted in or out by another record',
    out: [{ file: admit, text: ' or epoch ~= tonumber(ARGV[1])', instead: '' }],
    proof: {
      file: scripts,
      title: '[GATE-1] knows nothing of another epoch, of an unknown cabin, and of a hash that is none',
    },
  },
  {
    name: 'gate-only-open',
    prevents: 'a closed flight that is called sold out',
    out: [{ file: admit, text: `if known[5] ~= 'open' then`, instead: 'if false then' }],
    proof: { file: scripts, title: '[GATE-1] leaves a closed cabin to Postgres, full or not' },
  },
  {
    name: 'gate-lets-one-ask',
    prevents: 'a cabin that stays shut because nobody asks any more',
    out: [{ file: seatGate, text: ' && !probes(cabin)', instead: '' }],
    proof: {
      file: gate,
      title: '[GATE-8] of the members that Redis knows sold out one goes to Postgres, the others are told',
    },
  },
  {
    name: 'gate-believes-only-newer',
    prevents: 'buyers who are refused by a Redis that lags behind',
    out: [
      {
        file: seatGate,
        text: 'const agrees = version > cabin.version || (version === cabin.version && cabin.available === 0);',
        instead: 'const agrees = version >= 0;',
      },
    ],
    proof: {
      file: gate,
      title: '[GATE-10] Redis is not believed when it lags behind what this process knows, and is told',
    },
  },
  {
    name: 'process-refuses-100-ms',
    prevents: 'a process that refuses for long by what it heard once',
    out: [
      {
        file: known,
        text: 'return this.#isWithin(known.answeredAt, cacheMs);',
        instead: 'return known.answeredAt > never;',
      },
    ],
    proof: {
      file: gate,
      title:
        '[GATE-8] a full cabin is refused for 100 ms without a look, then one goes and the others wait for his news',
    },
  },
  {
    name: 'process-refuses-by-young-truth',
    prevents: 'the same when nobody comes back with news',
    out: [
      {
        file: known,
        text: ` && known.state === 'open' && this.isYoung(known);`,
        instead: ` && known.state === 'open';`,
      },
    ],
    proof: { file: gate, title: '[GATE-8] when nobody comes back one goes every 100 ms, and after a second all do' },
  },
  {
    name: 'process-newest-version',
    prevents: 'an old message that overwrites what a process knows',
    out: [{ file: known, text: 'told.version < known.version', instead: 'told.version < 0' }],
    proof: {
      file: gate,
      title: '[GATE-10] hears what other processes sell; older news and repeats of theirs change nothing',
    },
  },
  {
    name: 'watchers-newest-version',
    prevents: 'seats that go back before a watcher’s eyes',
    out: [
      {
        file: 'server/platform/live/topic.ts',
        text: 'if (known && known.version >= part.version) continue;',
        instead: 'if (known && part.version < 0) continue;',
      },
    ],
    proof: {
      file: 'test/live/seats.test.ts',
      title: '[LIVE-1] what was told before never replaces what is newer',
    },
  },
  {
    name: 'log-behind-running',
    prevents: 'an entry that commits late and is skipped by everybody',
    out: [
      {
        file: 'server/platform/feed/log-record.ts',
        text: `const settled = 'o.xid < pg_snapshot_xmin(pg_current_snapshot())';`,
        instead: `const settled = 'true';`,
      },
    ],
    proof: {
      file: relay,
      title: '[FEED-1] an entry that commits late is relayed in its place; reading by id alone would skip it',
    },
  },
  {
    name: 'log-gap-seen',
    prevents: 'entries that are skipped because Redis has lost them',
    out: [
      {
        file: 'server/platform/feed/log-tail.ts',
        text: 'if (isAfter(previous, last)) return',
        instead: 'if (isAfter(last, row.position) && previous) return',
      },
    ],
    proof: {
      file: relay,
      title: '[FEED-3] what is missing in the stream is read from the record; trusting the stream would skip it',
    },
  },
  {
    name: 'log-is-kept',
    prevents: 'a follower who goes on behind a gap and is told nothing of it',
    out: [
      {
        file: 'server/platform/feed/log-record.ts',
        text: "'($1::xid8, $2::int8) >= (h.xid, h.id) and $1::xid8 < pg_snapshot_xmin(pg_current_snapshot())'",
        instead: "'true'",
      },
    ],
    proof: {
      file: relay,
      title: '[FEED-6] whoever lags behind what is pruned meanwhile is told so, and skips nothing in silence',
    },
  },
  {
    name: 'tail-looks-again',
    prevents: 'a state of a booking that comes seconds late because the reader of the log began behind it',
    out: [
      {
        file: 'server/platform/feed/feed.ts',
        text: 'if (rows.length === 0) for (const subject of this.#subjects.keys()) this.#readAgain(subject);',
        instead: '',
      },
    ],
    proof: {
      file: relay,
      title: '[FEED-3] what comes while the tail of the first follower begins is not missed, though nobody says so',
    },
  },
  {
    name: 'rare-behind-running',
    prevents: 'a changed flight that other processes never learn of, since a transaction still ran when they looked',
    out: [
      {
        file: 'server/platform/feed/log-record.ts',
        text: 'pg_snapshot_xmin(pg_current_snapshot())::text',
        instead: 'pg_snapshot_xmax(pg_current_snapshot())::text',
      },
    ],
    proof: {
      file: relay,
      title: '[FEED-8] finds what a hint was about though it stands behind a transaction that still runs',
    },
  },
  {
    name: 'limits-open-holds',
    prevents: 'one party that holds a whole flight',
    out: [
      {
        file: 'server/domain/booking/enter-hold-2.lua',
        text: 'if open >= tonumber(ARGV[3 + place]) then',
        instead: 'if false then',
      },
    ],
    proof: {
      file: limits,
      title:
        '[LIMIT-1] fifty at once: as many are admitted as there is room for, the others are told when there will be',
    },
  },
];
