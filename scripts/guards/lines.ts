import type { Guard } from './guard.ts';

/** Order, and what keeps it from being bought; and what frees seats that nobody would free. */
export const lineGuards: Guard[] = [
  {
    name: 'line-sealed',
    prevents: 'a place in line that was made up, altered, or another one’s',
    out: [
      {
        file: 'server/domain/waiting-room/line-seal.ts',
        text: '!mac.fits(body, given) || Number(until) <= nowMs',
        instead: 'Number(until) <= nowMs',
      },
    ],
    proof: {
      file: 'test/waiting/line-seal.test.ts',
      title: '[WAIT-6] is worth nothing to somebody else, for another flight or cabin, or under another secret',
    },
  },
  {
    name: 'line-place-ends',
    prevents: 'buying for ever with one turn',
    out: [{ file: 'server/domain/waiting-room/line-seal.ts', text: ' || Number(until) <= nowMs', instead: '' }],
    proof: {
      file: 'test/waiting/line-seal.test.ts',
      title: '[WAIT-6] is whole again for whom it was sealed, until it ends',
    },
  },
  {
    name: 'line-one-place',
    prevents: 'more tickets for whoever asks more often',
    out: [
      {
        file: 'server/domain/waiting-room/enter-line-6.lua',
        text: 'if ticket then\n  return waits(tonumber(ticket), 0)\nend\n',
        instead: '',
      },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-2] gives one place a user, in the order of arrival, however often he asks',
    },
  },
  {
    name: 'line-newest-version',
    prevents: 'letting in for seats that are gone',
    out: [
      {
        file: 'server/domain/waiting-room/advance-line-6.lua',
        text: 'if tonumber(ARGV[3]) >= line.cabin then',
        instead: 'if tonumber(ARGV[3]) >= 0 then',
      },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-4] what was known of the seats by an older version does not let anybody in',
    },
  },
  {
    name: 'line-spoken-for',
    prevents: 'letting in more than can be served with seats',
    out: [
      { file: 'server/domain/waiting-room/advance-line-6.lua', text: ` - redis.call('ZCARD', KEYS[6])`, instead: '' },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-4] lets in the first, as many as seats are free and not on their way to somebody',
    },
  },
  {
    name: 'line-rate',
    prevents: 'letting in more than the processes serve',
    out: [
      {
        file: 'server/domain/waiting-room/advance-line-6.lua',
        text: 'math.min(math.floor(line.tokens), room)',
        instead: 'room',
      },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-4] lets in no more than the processes can serve, and counts what each of them brings',
    },
  },
  {
    name: 'line-presence',
    prevents: 'seats offered to those who have left',
    out: [
      {
        file: 'server/domain/waiting-room/advance-line-6.lua',
        text: `if now < tonumber(redis.call('HGET', KEYS[3], user) or 0) then`,
        instead: `if redis.call('HEXISTS', KEYS[3], user) == 1 then`,
      },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-5] whoever is silent is passed over, and whoever lets his pass lapse goes to the end',
    },
  },
  {
    name: 'line-turn-is-over',
    prevents: 'a turn again and again with the first ticket',
    out: [
      {
        file: 'server/domain/waiting-room/enter-line-6.lua',
        text: 'local proven = pass and 0 or tonumber(ARGV[3])',
        instead: 'local proven = tonumber(ARGV[3])',
      },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-5] whoever is silent is passed over, and whoever lets his pass lapse goes to the end',
    },
  },
  {
    name: 'line-lots',
    prevents: 'the fastest script being first',
    out: [
      {
        file: 'server/domain/waiting-room/enter-line-6.lua',
        text: `redis.call('ZADD', KEYS[4], ARGV[4], user)`,
        instead: `redis.call('ZADD', KEYS[4], redis.call('ZCARD', KEYS[4]), user)`,
      },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-3] who comes before the sale is drawn by lot, who comes later stands behind',
    },
  },
  {
    name: 'line-stays-closed',
    prevents: 'a line that comes back after it was closed',
    out: [
      {
        file: 'server/domain/waiting-room/open-line-1.lua',
        text: 'if closed and tonumber(closed) >= tonumber(ARGV[1]) then',
        instead: 'if false then',
      },
    ],
    proof: {
      file: 'test/waiting/lines.test.ts',
      title: '[WAIT-10] that pressure has opened closes when nobody comes any more; an operator’s stays',
    },
  },
  {
    name: 'calls-everywhere',
    prevents: 'as many calls as there are processes to take them',
    out: [
      {
        file: 'server/transport/socket-limits.ts',
        text: '      if (account.untold >= callsTold) tell(who, account);\n',
        instead: '',
      },
    ],
    proof: {
      file: 'test/transport/socket-limits.test.ts',
      title: '[WIRE-10] over all processes it is no more than over one: Redis is told of some hundred calls at a time',
    },
  },
  {
    name: 'audit-overdue',
    prevents: 'seats that nobody would ever free',
    out: [
      {
        file: 'server/domain/inventory/audit-chore.ts',
        text: '          await options.endHolds(overdue);\n',
        instead: '',
      },
    ],
    proof: {
      file: 'test/inventory/audit.test.ts',
      title: '[AUDIT-10] finds holds that nobody would ever end, and ends them',
    },
  },
];
