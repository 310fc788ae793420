import { programName } from './facts.js';
import type { PluginRuntime } from '../../model/index.js';
import type { Diagnosis, DiagnosisFacts, Evidence } from './facts.js';
import { looksLikeHandshake } from '../handshake/handshake-line.js';
import { quoteText } from '../visible-text.js';

/** The signal that ended a process; shells and the init of a container report 128 plus its number. `null`: none. */
export function endingSignal({ exitCode, signal }: DiagnosisFacts): string | null {
  return signal ?? (exitCode === null ? null : (signalNumbers.get(exitCode) ?? null));
}

/** What a signal means, the next step, and what the process printed last. */
export function signalAdvice(signal: string, evidence: Evidence): string {
  const { runtime } = evidence;
  const advice =
    signal === 'SIGSEGV'
      ? `The plugin crashed in native code (SIGSEGV): ${nativeCrashAdvice[runtime]}`
      : (signalTexts.get(signal) ??
        `The plugin was ended by ${signal}: find out what sent it, or why it raised it`);
  return `${advice}${lastLineNote(evidence)}.`;
}

/** A plugin that ended by itself with code 0 though it was not asked to. */
export function endedWhileServing(evidence: Evidence): string {
  return `The plugin ended by itself with exit code 0 while it served: let it serve until Shutdown or SIGTERM, or use restart "transient" if this is how it ends${lastLineNote(evidence)}.`;
}

/** What was printed last is quoted as it is: it may have nothing to do with the end. */
function lastLineNote({ final: { lastLine } }: Evidence): string {
  return lastLine === '' ? '' : `; it last printed ${quoteText(lastLine)}`;
}

const nativeCrashAdvice: Readonly<Record<PluginRuntime, string>> = {
  python: 'set PYTHONFAULTHANDLER=1 in its env to see where, and update or rebuild its compiled packages',
  node: 'update or rebuild its native packages, and Node',
  executable: 'look at its core dump (ulimit -c, coredumpctl) to see where, and update or rebuild it',
};

/** Causes that show in the exit code and stdout alone. */
export const exitDiagnoses: readonly Diagnosis[] = [
  (facts) =>
    facts.exitCode === 126
      ? `${programName(facts)} could not be executed (exit code 126): make it executable with chmod +x.`
      : null,
  (facts) =>
    facts.exitCode === 127
      ? `${programName(facts)} called a command that does not exist (exit code 127): check its #! line, and the PATH in its environment.`
      : null,
  (facts) => unexpectedStdout(facts),
  (facts) =>
    facts.exitCode === 0 && !announced(facts)
      ? 'The plugin ended normally without a handshake line: it must start its gRPC server, print the line and keep serving; a Go plugin also exits 0 when it cannot listen, so look for an error in its log and check that the socket directory is writable and its path short.'
      : null,
  (facts) => (stillRunning(facts) && !announced(facts) ? noHandshakeLine(facts) : null),
];

/** The next step where no other diagnosis applies. */
export function generalAdvice(facts: Evidence): string {
  const line = facts.final.lastLine;
  const output = line === '' ? 'printed nothing on stderr' : `last printed ${quoteText(line)}`;
  const how =
    facts.exitCode === null ? 'The plugin' : `The plugin ended with exit code ${facts.exitCode} and`;
  return `${how} ${output}: run \`espalier check\` on it to see each step, or start it by hand with the environment variable ${quoteText(facts.cookieKey)} set.`;
}

const signalTexts: ReadonlyMap<string, string> = new Map([
  [
    'SIGKILL',
    'The plugin was killed (SIGKILL): possibly by the system for lack of memory; look for "Out of memory" in the kernel log (dmesg) and at the memory limit of the container or unit',
  ],
  [
    'SIGXCPU',
    'The plugin used up its processor time (SIGXCPU): raise limits.cpuSeconds, or find what keeps it busy',
  ],
  [
    'SIGBUS',
    'The plugin crashed in native code (SIGBUS): check that its disk is not full, and rebuild its compiled packages',
  ],
  [
    'SIGILL',
    'The plugin uses instructions that this processor does not have (SIGILL): install a build of it and its compiled packages for this machine',
  ],
  ['SIGABRT', 'The plugin aborted itself (SIGABRT): read the last lines of its stderr for the failed check'],
  ['SIGTRAP', 'The plugin aborted itself (SIGTRAP): read the last lines of its stderr for the failed check'],
  [
    'SIGFPE',
    'The plugin crashed in an arithmetic error in native code (SIGFPE): update or rebuild its compiled packages',
  ],
  [
    'SIGSYS',
    'A system call of the plugin was forbidden (SIGSYS): allow it in the seccomp profile of the container or unit',
  ],
  [
    'SIGPIPE',
    'The plugin wrote to a pipe without a reader (SIGPIPE): let it ignore SIGPIPE, or find what closed the other end',
  ],
  ['SIGTERM', 'Something asked the plugin to end (SIGTERM): look for what else manages this process'],
  [
    'SIGINT',
    'The plugin was interrupted (SIGINT, Ctrl-C): let it ignore SIGINT, so that its host can stop it gracefully',
  ],
  [
    'SIGHUP',
    'The terminal of the plugin was closed (SIGHUP): run the host under a service manager, or let the plugin ignore SIGHUP',
  ],
]);

const signalNumbers: ReadonlyMap<number, string> = new Map([
  [132, 'SIGILL'],
  [133, 'SIGTRAP'],
  [134, 'SIGABRT'],
  [136, 'SIGFPE'],
  [137, 'SIGKILL'],
  [139, 'SIGSEGV'],
  [143, 'SIGTERM'],
  [152, 'SIGXCPU'],
]);

function unexpectedStdout(facts: DiagnosisFacts): string | null {
  const first = facts.stdoutLines?.find((line) => line.trim() !== '');
  if (first === undefined || announced(facts)) return null;
  return `The plugin printed ${quoteText(first, 80)} on stdout, but no handshake line: check that it is a go-plugin program, that it was started with the right arguments, and that it prints the line and flushes stdout.`;
}

function noHandshakeLine(facts: DiagnosisFacts): string {
  const flush =
    facts.runtime === 'python'
      ? 'print the line with flush=True (or run with PYTHONUNBUFFERED=1)'
      : 'flush stdout after the line';
  return `The plugin is running but has printed no handshake line: let it ${flush}, or raise the start deadline if it needs longer.`;
}

function announced({ stdoutLines }: DiagnosisFacts): boolean {
  return stdoutLines?.some(looksLikeHandshake) ?? false;
}

function stillRunning({ exitCode, signal, spawnError }: DiagnosisFacts): boolean {
  return exitCode === null && signal === null && spawnError === undefined;
}
