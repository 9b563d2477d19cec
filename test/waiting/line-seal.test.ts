import { describe, expect, it } from 'vitest';
import { createLineSeal, type LineHolder, type LineToken } from '../../server/domain/waiting-room/line-seal.ts';
import { newId } from '../../shared/ids.ts';

const seal = createLineSeal('a secret that is long enough for the tests of a seal');
const holder: LineHolder = { actor: newId(), flightId: newId(), cabin: 'economy' };
const token: LineToken = { kind: 'pass', ticket: 17, opened: 1_000, until: 5_000 };

describe('what a place is proven with', () => {
  it('[WAIT-6] is whole again for whom it was sealed, until it ends', () => {
    for (const kind of ['pass', 'ticket'] as const) {
      expect(seal.open(seal.seal({ ...token, kind }, holder), holder, 4_999)).toEqual({ ...token, kind });
    }
    expect(seal.open(seal.seal(token, holder), holder, 5_000)).toBeUndefined();
  });

  it('[WAIT-6] is worth nothing to somebody else, for another flight or cabin, or under another secret', () => {
    const text = seal.seal(token, holder);
    for (const other of [{ actor: newId() }, { flightId: newId() }, { cabin: 'first' as const }]) {
      expect(seal.open(text, { ...holder, ...other }, 0)).toBeUndefined();
    }
    const stranger = createLineSeal('another secret that is long enough for the tests');
    expect(stranger.open(text, holder, 0)).toBeUndefined();
  });

  it('[WAIT-6] is worth nothing with any letter changed', () => {
    const text = seal.seal(token, holder);
    for (let at = 0; at < text.length; at++) {
      const letter = text[at] === '1' ? '2' : text[at] === 'p' ? 't' : '1';
      expect(seal.open(text.slice(0, at) + letter + text.slice(at + 1), holder, 0)).toBeUndefined();
    }
    for (const nonsense of ['', 'p', 'p.1.2.3', `${text}x`, text.slice(1)]) {
      expect(seal.open(nonsense, holder, 0)).toBeUndefined();
    }
  });
});
