import type { HostSample } from '../../../src/model/index.js';
import { decideMiss, type MissQuestion } from '../../../src/policy/index.js';

const sent: HostSample = {
  monotonicMs: 1000,
  wallMs: 5_000_000,
  eventLoopActiveMs: 300,
  messagesReceived: 7,
  callsInFlight: 0,
};

/** A probe with a deadline of two seconds and no answer, on an idle host. */
function question(
  later: Partial<HostSample> = {},
  more: Partial<MissQuestion & { excuses: number }> = {},
): MissQuestion {
  const still: HostSample = { ...sent, monotonicMs: 3000, wallMs: 5_002_000 };
  return {
    policy: { deadlineMs: 2000, excuses: more.excuses ?? 3, busyMs: 10_000 },
    answeredAtMs: 500,
    excused: 0,
    sharesConnection: true,
    sampleAtSend: sent,
    sampleAtDeadline: { ...still, ...later },
    ...more,
  };
}

const count = { decision: 'count' };
const verify = { decision: 'verify' };
const excuse = (why: string) => ({ decision: 'excuse', why });

describe('a probe that was not answered', () => {
  it.each([
    ['nothing else happened', question(), count],
    ['the plugin answered a call', question({ messagesReceived: 8 }), excuse('calls')],
    [
      'it did, and the probe took another connection',
      question({ messagesReceived: 8 }, { sharesConnection: false }),
      count,
    ],
    ['the host was at work for four fifths of the time', question({ eventLoopActiveMs: 1900 }), count],
    ['it was for longer', question({ eventLoopActiveMs: 1901 }), excuse('busyHost')],
    ['the deadline came half of it late', question({ monotonicMs: 4000, wallMs: 5_003_000 }), count],
    ['it came later', question({ monotonicMs: 4001, wallMs: 5_003_001 }), excuse('wakeUp')],
    [
      'it came late as the host was at work',
      question({ monotonicMs: 8000, wallMs: 5_007_000, eventLoopActiveMs: 6000 }),
      excuse('busyHost'),
    ],
    ['the machine slept for an hour', question({ wallMs: 8_602_000 }), excuse('wakeUp')],
    ['the clock on the wall was set back', question({ wallMs: 1_402_000 }), count],
    ['the probe failed at once', question({ monotonicMs: 1001, wallMs: 5_000_001 }), count],
    ['all excuses were used', question({ messagesReceived: 8 }, { excused: 3 }), count],
    ['the last excuse is left', question({ messagesReceived: 8 }, { excused: 2 }), excuse('calls')],
    ['a call is in flight', question({ callsInFlight: 1 }), verify],
    [
      'a call is in flight, and another excuse is left',
      question({ callsInFlight: 1, messagesReceived: 8 }),
      excuse('calls'),
    ],
    [
      'a call is in flight, and all excuses were used',
      question({ callsInFlight: 1, messagesReceived: 8 }, { excused: 3 }),
      verify,
    ],
    [
      'a call is in flight, and it was busy for just less than its limit',
      question({ callsInFlight: 1, monotonicMs: 3000 }, { answeredAtMs: -6999 }),
      verify,
    ],
    [
      'a call is in flight, and it was busy for its limit',
      question({ callsInFlight: 1, monotonicMs: 3000 }, { answeredAtMs: -7000 }),
      count,
    ],
    [
      'the policy knows no excuse',
      question({ messagesReceived: 8, eventLoopActiveMs: 9000 }, { excuses: 0 }),
      count,
    ],
  ] as const)('is judged when %s', (_, asked, decision) => {
    expect(decideMiss(asked)).toEqual(decision);
  });
});
