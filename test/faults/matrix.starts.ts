import { isRejectedAtStart } from './inject.js';
import type { FaultScenario } from './fault-scenario.js';

const refusal = ['spawning', 'handshaking', 'stopping', 'crashed', 'failed'] as const;
const ending = ['spawning', 'handshaking', 'crashed', 'failed'] as const;
const notTriedAgain = 'It is not tried again, as the policy here says so.';
/** A start may take this long where the fault is that it does not end. */
const impatient = { supervision: { deadlines: { startMs: 4000 } } };
const refused = {
  states: refusal,
  foundBy: 'stopping',
  expectation: notTriedAgain,
  withinMs: 10_000,
} as const;
const ended = { states: ending, foundBy: 'crashed', expectation: notTriedAgain, withinMs: 10_000 } as const;

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
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'START_TIMEOUT' },
    ...isRejectedAtStart,
  },
  {
    name: 'Huge line',
    injection: 'a well-formed line of more than 64 KiB',
    plugin: 'line-over-64-kib',
    ...refused,
    end: { kind: 'handshake', code: 'HANDSHAKE_UNRECOGNIZED' },
    ...isRejectedAtStart,
  },
  {
    name: 'Never prints a line',
    injection: 'the program says nothing',
    plugin: 'never-prints-a-line',
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'START_TIMEOUT' },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong cookie',
    injection: 'the program takes the host for a stranger and exits with 1',
    plugin: 'wrong-cookie',
    ...ended,
    end: { kind: 'handshake', code: 'EXITED_BEFORE_HANDSHAKE', exit: 1 },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong core version',
    injection: 'the line says 2',
    plugin: 'wrong-core-version',
    ...refused,
    end: { kind: 'handshake', code: 'CORE_VERSION_MISMATCH' },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong application version',
    injection: 'the program speaks version 99 only',
    plugin: 'wrong-application-version',
    ...refused,
    end: { kind: 'handshake', code: 'APP_VERSION_MISMATCH' },
    ...isRejectedAtStart,
  },
  {
    name: 'Wrong certificate',
    injection: 'the program serves with another one than it has announced',
    plugin: 'certificate-mismatch',
    ...refused,
    end: { kind: 'handshake', code: 'CERTIFICATE_INVALID' },
    ...isRejectedAtStart,
  },
  {
    name: 'Accepts and never answers',
    injection: 'the socket takes connections and sends no byte',
    plugin: 'accepts-but-never-answers',
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'CONNECT_FAILED' },
    ...isRejectedAtStart,
  },
  {
    name: 'Hangs in OnActivate',
    injection: 'the hook never returns',
    plugin: 'hangs-in-on-activate',
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'HOOK_TIMEOUT' },
    ...isRejectedAtStart,
  },
];
