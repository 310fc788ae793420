import { isRejectedAtStart } from './inject.js';
import type { FaultScenario } from './fault-scenario.js';

const rejectedStates = ['spawning', 'handshaking', 'stopping', 'crashed', 'failed'] as const;
const endedStates = ['spawning', 'handshaking', 'crashed', 'failed'] as const;
const notRetried = 'It is not retried, as in the policy of this run.';
/** For faults that are found by the start deadline. */
const shortStartDeadline = { supervision: { deadlines: { startMs: 4000 } } };
const rejected = {
  states: rejectedStates,
  foundBy: 'stopping',
  expectation: notRetried,
  withinMs: 10_000,
} as const;
const ended = { states: endedStates, foundBy: 'crashed', expectation: notRetried, withinMs: 10_000 } as const;

/** Faults of a start. */
export const starts: readonly FaultScenario[] = [
  {
    name: 'Exits before the handshake',
    injection: 'the program exits with 3 and prints no line',
    plugin: 'exits-3-before-the-line',
    ...ended,
    end: { kind: 'handshake', code: 'EXITED_BEFORE_HANDSHAKE', exit: 3 },
    ...isRejectedAtStart,
  },
  {
    name: 'Exits during the handshake',
    injection: 'the program prints its line and exits with 1',
    plugin: 'exits-after-the-line',
    ...ended,
    end: { kind: 'handshake', code: 'EXITED_BEFORE_HANDSHAKE', exit: 1 },
    ...isRejectedAtStart,
  },
  {
    name: 'Partial line',
    injection: 'the line never ends, and the program stays alive',
    plugin: 'line-without-newline-then-hangs',
    ...shortStartDeadline,
    ...rejected,
    end: { kind: 'handshake', code: 'START_TIMEOUT' },
    ...isRejectedAtStart,
  },
  {
    name: 'Huge line',
    injection: 'a well-formed line of more than 64 KiB',
    plugin: 'line-over-64-kib',
    ...rejected,
    end: { kind: 'handshake', code: 'HANDSHAKE_UNRECOGNIZED' },
    ...isRejectedAtStart,
  },
  {
    name: 'Never prints a line',
    injection: 'the program prints nothing',
    plugin: 'never-prints-a-line',
    ...shortStartDeadline,
    ...rejected,
    end: { kind: 'handshake', code: 'START_TIMEOUT' },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong cookie',
    injection: 'the program does not accept the cookie and exits with 1',
    plugin: 'wrong-cookie',
    ...ended,
    end: { kind: 'handshake', code: 'EXITED_BEFORE_HANDSHAKE', exit: 1 },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong core version',
    injection: 'the line has core version 2',
    plugin: 'wrong-core-version',
    ...rejected,
    end: { kind: 'handshake', code: 'CORE_VERSION_MISMATCH' },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong application version',
    injection: 'the program supports version 99 only',
    plugin: 'wrong-application-version',
    ...rejected,
    end: { kind: 'handshake', code: 'APP_VERSION_MISMATCH' },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong certificate',
    injection: 'the program serves with another certificate than in its line',
    plugin: 'certificate-mismatch',
    ...rejected,
    end: { kind: 'handshake', code: 'CERTIFICATE_INVALID' },
    ...isRejectedAtStart,
  },
  {
    name: 'Accepts and never answers',
    injection: 'the socket accepts connections and sends nothing',
    plugin: 'accepts-but-never-answers',
    ...shortStartDeadline,
    ...rejected,
    end: { kind: 'handshake', code: 'CONNECT_FAILED' },
    ...isRejectedAtStart,
  },
  {
    name: 'Hangs in OnActivate',
    injection: 'the hook never returns',
    plugin: 'hangs-in-on-activate',
    ...shortStartDeadline,
    ...rejected,
    end: { kind: 'handshake', code: 'HOOK_TIMEOUT' },
    ...isRejectedAtStart,
  },
];
