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
import { brokerLimits } from '../../../src/model/limits.js';

type BrokerTestStep =
  | { readonly type: 'announce'; readonly id: number }
  | { readonly type: 'dial'; readonly id: number }
  | { readonly type: 'cancel'; readonly which: number }
  | { readonly type: 'wait'; readonly ms: number };

const anyId = fc.integer({ min: 1, max: 3 });
const anyTestStep: fc.Arbitrary<BrokerTestStep> = fc.oneof(
  fc.record({ type: fc.constant('announce' as const), id: anyId }),
  fc.record({ type: fc.constant('dial' as const), id: anyId }),
  fc.record({ type: fc.constant('cancel' as const), which: fc.nat(8) }),
  fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 4999, 5000) }),
);

interface BrokerOutput {
  readonly ticket: number;
  readonly announcement: number;
  readonly now: number;
}

/** Runs steps; every announcement has its own number as its address, every dial its own ticket. */
function runSteps(steps: readonly BrokerTestStep[]) {
  let state: AnnouncementTable = noAnnouncements;
  let now = 0;
  const announced: { id: number; at: number }[] = [];
  const dials: { id: number; at: number; cancelledAt: number }[] = [];
  const deliveries: BrokerOutput[] = [];
  const take = ({ state: next, delivery }: AnnouncementStep): void => {
    state = next;
    if (delivery !== null)
      deliveries.push({ ticket: delivery.ticket, announcement: Number(delivery.announcement.address), now });
  };
  for (const step of steps) {
    if (step.type === 'wait') now += step.ms;
    if (step.type === 'announce') {
      const announcement = { network: 'unix', address: String(announced.length) };
      announced.push({ id: step.id, at: now });
      take(announce(state, step.id, announcement, now));
    }
    if (step.type === 'dial') {
      dials.push({ id: step.id, at: now, cancelledAt: Infinity });
      take(requestDial(state, step.id, dials.length - 1, now));
    }
    const dial = step.type === 'cancel' ? dials[step.which] : undefined;
    if (step.type === 'cancel' && dial !== undefined) {
      dial.cancelledAt = deliveries.some(({ ticket }) => ticket === step.which) ? Infinity : now;
      state = cancelDial(state, step.which);
    }
  }
  return { state, announced, dials, deliveries, now };
}

describe('the announcements of the broker, in any order of messages', () => {
  const checkAll = (check: (run: ReturnType<typeof runSteps>) => void): void => {
    fc.assert(
      fc.property(fc.array(anyTestStep, { maxLength: 40 }), (steps) => {
        check(runSteps(steps));
      }),
      { numRuns: 2000 },
    );
  };

  it('are never delivered to two dials, nor two of them to one dial', () => {
    checkAll(({ deliveries }) => {
      expect(new Set(deliveries.map(({ ticket }) => ticket)).size).toBe(deliveries.length);
      expect(new Set(deliveries.map(({ announcement }) => announcement)).size).toBe(deliveries.length);
    });
  });

  it('are delivered only to dials of their id', () => {
    checkAll(({ deliveries, announced, dials }) => {
      for (const { ticket, announcement } of deliveries)
        expect(dials[ticket]?.id).toBe(announced[announcement]?.id);
    });
  });

  it('never deliver an announcement that is five seconds old, nor to a dial that was cancelled', () => {
    checkAll(({ deliveries, announced, dials }) => {
      for (const { ticket, announcement, now } of deliveries) {
        expect(now - (announced[announcement]?.at ?? 0)).toBeLessThan(announcementTtlMs);
        expect(dials[ticket]?.cancelledAt).toBe(Infinity);
      }
    });
  });

  it('leave no dial pending while one for its id is there', () => {
    checkAll(({ state, now }) => {
      const usable = state.announced.filter(({ at }) => now - at < announcementTtlMs);
      const both = state.pendingDials.filter(({ id }) => usable.some((one) => one.id === id));
      expect(both).toEqual([]);
    });
  });

  it('are one at most once for each id', () => {
    checkAll(({ state }) => {
      const ids = state.announced.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
    });
  });

  it('are delivered to the dials of one id in their order', () => {
    checkAll(({ deliveries, dials }) => {
      for (const id of [1, 2, 3]) {
        const tickets = deliveries
          .filter(({ ticket }) => dials[ticket]?.id === id)
          .map(({ ticket }) => ticket);
        expect(tickets).toEqual([...tickets].sort((one, other) => one - other));
      }
    });
  });
});

describe('announcements beyond a limit', () => {
  const where = { network: 'unix', address: '/run/plugin' };
  const announceMany = (count: number): AnnouncementStep => {
    let step: AnnouncementStep = { state: noAnnouncements, delivery: null };
    for (let id = 1; id <= count; id += 1) step = announce(step.state, id, where, 0);
    return step;
  };

  it('are named, and change nothing', () => {
    const full = announceMany(brokerLimits.announcements);
    expect(full.excess).toBeUndefined();
    const step = announce(full.state, 5000, where, 0);
    expect(step).toMatchObject({ state: full.state, excess: '1001 announcements that nothing dials' });
  });

  it('are none once those before have expired', () => {
    const { state } = announceMany(brokerLimits.announcements);
    expect(announce(state, 5000, where, announcementTtlMs).excess).toBeUndefined();
  });

  it('are those with an address that is too long', () => {
    const address = '/'.repeat(brokerLimits.addressLength);
    expect(announce(noAnnouncements, 1, { network: 'unix', address }, 0)).toMatchObject({
      state: noAnnouncements,
      excess: 'an address of 4096 characters',
    });
  });
});
