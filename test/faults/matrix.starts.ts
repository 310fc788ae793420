import { isRefused } from './deeds.js';
import type { Fault } from './fault.js';

const refusal = ['spawning', 'handshaking', 'stopping', 'crashed', 'failed'] as const;
const ending = ['spawning', 'handshaking', 'crashed', 'failed'] as const;
const notTriedAgain = 'It is not tried again, as the policy here says so.';
/** A start may take this long where the fault is that it does not end. */
const impatient = { supervision: { deadlines: { startMs: 4000 } } };
const refused = { states: refusal, foundBy: 'stopping', follows: notTriedAgain, withinMs: 10_000 } as const;
const ended = { states: ending, foundBy: 'crashed', follows: notTriedAgain, withinMs: 10_000 } as const;

/** Faults of a start. */
export const starts: readonly Fault[] = [
  {
    name: 'Exits before the handshake',
    made: 'the program exits with 3 and prints no line',
    plugin: 'exits-3-before-the-line',
    ...ended,
    end: { kind: 'handshake', code: 'EXITED_BEFORE_HANDSHAKE', exit: 3 },
    ...isRefused,
  },
  {
    name: 'Exits during the handshake',
    made: 'the program prints its line and exits with 1',
    plugin: 'exits-after-the-line',
    ...ended,
    end: { kind: 'handshake', code: 'EXITED_BEFORE_HANDSHAKE', exit: 1 },
    ...isRefused,
  },
  {
    name: 'Partial line',
    made: 'the line never ends, and the program stays alive',
    plugin: 'line-without-newline-then-hangs',
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'START_TIMEOUT' },
    ...isRefused,
  },
  {
    name: 'Huge line',
    made: 'a well-formed line of more than 64 KiB',
    plugin: 'line-over-64-kib',
    ...refused,
    end: { kind: 'handshake', code: 'HANDSHAKE_UNRECOGNIZED' },
    ...isRefused,
  },
  {
    name: 'Never prints a line',
    made: 'the program says nothing',
    plugin: 'never-prints-a-line',
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'START_TIMEOUT' },
    ...isRefused,
  },
  {
    name: 'Wrong cookie',
    made: 'the program takes the host for a stranger and exits with 1',
    plugin: 'wrong-cookie',
    ...ended,
    end: { kind: 'handshake', code: 'EXITED_BEFORE_HANDSHAKE', exit: 1 },
    ...isRefused,
  },
  {
    name: 'Wrong core version',
    made: 'the line says 2',
    plugin: 'wrong-core-version',
    ...refused,
    end: { kind: 'handshake', code: 'CORE_VERSION_MISMATCH' },
    ...isRefused,
  },
  {
    name: 'Wrong application version',
    made: 'the program speaks version 99 only',
    plugin: 'wrong-application-version',
    ...refused,
    end: { kind: 'handshake', code: 'APP_VERSION_MISMATCH' },
    ...isRefused,
  },
  {
    name: 'Wrong certificate',
    made: 'the program serves with another one than it has announced',
    plugin: 'certificate-of-somebody-else',
    ...refused,
    end: { kind: 'handshake', code: 'CERTIFICATE_INVALID' },
    ...isRefused,
  },
  {
    name: 'Accepts and never answers',
    made: 'the socket takes connections and sends no byte',
    plugin: 'accepts-but-never-answers',
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'CONNECT_FAILED' },
    ...isRefused,
  },
  {
    name: 'Hangs in OnActivate',
    made: 'the hook never returns',
    plugin: 'hangs-in-on-activate',
    ...impatient,
    ...refused,
    end: { kind: 'handshake', code: 'HOOK_TIMEOUT' },
    ...isRefused,
  },
];
