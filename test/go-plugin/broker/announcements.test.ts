import fc from 'fast-check';
import {
  cancelDial,
  announce,
  announcementTtlMs,
  requestDial,
  noAnnouncements,
  type AnnouncementTable,
  type AnnouncementStep,
} from '../../../src/go-plugin/index.js';

type BrokerTestStep =
  | { readonly deed: 'announce'; readonly id: number }
  | { readonly deed: 'ask'; readonly id: number }
  | { readonly deed: 'abandon'; readonly which: number }
  | { readonly deed: 'wait'; readonly ms: number };

const anyId = fc.integer({ min: 1, max: 3 });
const anyTestStep: fc.Arbitrary<BrokerTestStep> = fc.oneof(
  fc.record({ deed: fc.constant('announce' as const), id: anyId }),
  fc.record({ deed: fc.constant('ask' as const), id: anyId }),
  fc.record({ deed: fc.constant('abandon' as const), which: fc.nat(8) }),
  fc.record({ deed: fc.constant('wait' as const), ms: fc.constantFrom(1, 4999, 5000) }),
);

interface BrokerOutput {
  readonly ticket: number;
  readonly announcement: number;
  readonly now: number;
}

/** Plays deeds; every announcement has its own number as its address, every dial its own ticket. */
function runSteps(deeds: readonly BrokerTestStep[]) {
  let state: AnnouncementTable = noAnnouncements;
  let now = 0;
  const announced: { id: number; at: number }[] = [];
  const asked: { id: number; at: number; abandonedAt: number }[] = [];
  const told: BrokerOutput[] = [];
  const take = ({ state: next, delivery }: AnnouncementStep): void => {
    state = next;
    if (delivery !== null)
      told.push({ ticket: delivery.ticket, announcement: Number(delivery.announcement.address), now });
  };
  for (const it of deeds) {
    if (it.deed === 'wait') now += it.ms;
    if (it.deed === 'announce') {
      const where = { network: 'unix', address: String(announced.length) };
      announced.push({ id: it.id, at: now });
      take(announce(state, it.id, where, now));
    }
    if (it.deed === 'ask') {
      asked.push({ id: it.id, at: now, abandonedAt: Infinity });
      take(requestDial(state, it.id, asked.length - 1, now));
    }
    const dial = it.deed === 'abandon' ? asked[it.which] : undefined;
    if (it.deed === 'abandon' && dial !== undefined) {
      dial.abandonedAt = told.some(({ ticket }) => ticket === it.which) ? Infinity : now;
      state = cancelDial(state, it.which);
    }
  }
  return { state, announced, asked, told, now };
}

describe('the broker, whatever the order of its messages', () => {
  const holds = (property: (played: ReturnType<typeof runSteps>) => void): void => {
    fc.assert(
      fc.property(fc.array(anyTestStep, { maxLength: 40 }), (deeds) => {
        property(runSteps(deeds));
      }),
      { numRuns: 2000 },
    );
  };

  it('gives no announcement to two dials, and no dial two announcements', () => {
    holds(({ told }) => {
      expect(new Set(told.map(({ ticket }) => ticket)).size).toBe(told.length);
      expect(new Set(told.map(({ announcement }) => announcement)).size).toBe(told.length);
    });
  });

  it('never mixes ids up', () => {
    holds(({ told, announced, asked }) => {
      for (const { ticket, announcement } of told)
        expect(asked[ticket]?.id).toBe(announced[announcement]?.id);
    });
  });

  it('never gives out an announcement that is five seconds old, nor to a dial that was abandoned', () => {
    holds(({ told, announced, asked }) => {
      for (const { ticket, announcement, now } of told) {
        expect(now - (announced[announcement]?.at ?? 0)).toBeLessThan(announcementTtlMs);
        expect(asked[ticket]?.abandonedAt).toBe(Infinity);
      }
    });
  });

  it('leaves no dial waiting beside an announcement that it could have', () => {
    holds(({ state, now }) => {
      const usable = state.announced.filter(({ at }) => now - at < announcementTtlMs);
      const both = state.pendingDials.filter(({ id }) => usable.some((kept) => kept.id === id));
      expect(both).toEqual([]);
    });
  });

  it('keeps one announcement for each id at most', () => {
    holds(({ state }) => {
      const ids = state.announced.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('serves the dials of one id in their order', () => {
    holds(({ told, asked }) => {
      for (const id of [1, 2, 3]) {
        const tickets = told.filter(({ ticket }) => asked[ticket]?.id === id).map(({ ticket }) => ticket);
        expect(tickets).toEqual([...tickets].sort((one, other) => one - other));
      }
    });
  });
});
