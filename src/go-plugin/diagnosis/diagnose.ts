import { endedWhileServing, endingSignal, exitDiagnoses, generalAdvice, signalAdvice } from './exit.js';
import { finalOutput } from './final-output.js';
import { nodeDiagnoses } from './node.js';
import { programDiagnoses, spawnDiagnoses } from './program.js';
import { pythonDiagnoses, uncaughtPythonException } from './python.js';
import { guess, onStderr } from './facts.js';
import type { Diagnosis, DiagnosisFacts, Evidence } from './facts.js';
import { quoteText } from '../visible-text.js';

/** Whether the last lines of stderr report that the program ran out of memory. */
export function ranOutOfMemory(stderrTail: string): boolean {
  return outOfMemoryPattern.test(finalOutput(stderrTail).text);
}

const outOfMemoryPattern =
  /\bMemoryError\b|heap out of memory|Fatal (?:JavaScript|process) (?:out of memory|OOM)|Array buffer allocation failed|ERR_MEMORY_ALLOCATION_FAILED|std::bad_alloc|runtime: (?:out of memory|cannot allocate memory)|Cannot allocate memory/;

export type { DiagnosisFacts } from './facts.js';

/**
 * Why a plugin ended or could not be started, and the next step, in one sentence. Facts (the error of the system, the
 * signal, an exit while serving) go before what the plugin printed, from which causes are only guessed.
 */
export function diagnose(facts: DiagnosisFacts): string {
  const evidence: Evidence = { ...facts, final: finalOutput(facts.stderrTail) };
  if (facts.spawnError !== undefined) return firstOf(spawnDiagnoses, evidence) ?? generalAdvice(evidence);
  const signal = endingSignal(facts);
  if (signal !== null) {
    const cause = abortSignals.has(signal) ? firstOf([...causes, panic], evidence) : null;
    return cause ?? signalAdvice(signal, evidence);
  }
  if (facts.hasServed && facts.exitCode === 0) return endedWhileServing(evidence);
  const atStart = facts.hasServed ? [] : [...cookieDiagnoses, namesCookie];
  return (
    firstOf([...atStart, ...causes, panic, uncaughtPythonException, ...exitDiagnoses], evidence) ??
    generalAdvice(evidence)
  );
}

function firstOf(diagnoses: readonly Diagnosis[], evidence: Evidence): string | null {
  for (const diagnosis of diagnoses) {
    const advice = diagnosis(evidence);
    if (advice !== null) return advice;
  }
  return null;
}

/** With these a program ends itself when it has found an error, which it has printed: `abort`, and V8 without memory. */
const abortSignals: ReadonlySet<string> = new Set(['SIGABRT', 'SIGTRAP']);

const cookieDiagnoses: readonly Diagnosis[] = [
  onStderr(
    /Misconfigured ServeConfig/,
    () =>
      'The plugin was built without a magic cookie: set MagicCookieKey and MagicCookieValue in its handshake configuration.',
  ),
  onStderr(
    /this (?:binary|program|executable|script|process) is a(?: \S+)? ?plugin|(?:meant|intended|supposed) to be (?:executed|run|started|launched)|magic cookie|wrong cookie/i,
    (_, facts) => wrongCookie(facts),
  ),
];

/** A plugin that names the variable of the cookie on stderr. */
const namesCookie: Diagnosis = (facts) => {
  const { cookieKey, final } = facts;
  if (cookieKey === '') return null;
  const line = final.text.split('\n').findLast((text) => text.split(/[^A-Za-z0-9_]+/).includes(cookieKey));
  return line === undefined ? null : guess(line, wrongCookie(facts));
};

const listenerDiagnoses: readonly Diagnosis[] = [
  onStderr(
    /address (?:is )?already in use|EADDRINUSE|Errno (?:98|48)\b|Only one usage of each socket address/i,
    () =>
      'The address on which the plugin listens is taken: look for an earlier copy of it, and let it listen on a fresh unix socket in PLUGIN_UNIX_SOCKET_DIR or on a free port (port 0).',
  ),
  onStderr(
    /AF_UNIX path too long|bind: invalid argument|(?:socket )?path (?:is )?too long/i,
    () =>
      "The path of the plugin's socket is too long (107 bytes at most): let it listen in PLUGIN_UNIX_SOCKET_DIR, or set TMPDIR to a short path such as /tmp.",
  ),
  onStderr(
    /failed to bind to address ([^\s;]+)/i,
    ([, address = '']) =>
      `The plugin cannot listen on ${quoteText(address)}: look for an earlier copy of it that still does, and check that the directory is writable.`,
  ),
];

const resourceDiagnoses: readonly Diagnosis[] = [
  onStderr(
    /PermissionError: [^\n]*?: '([^'\n]+)'|EACCES: permission denied, \w+ '([^'\n]+)'|(?:permission denied|Errno 13\b|\bEACCES\b)/i,
    ([, python = '', node = '']) => {
      const file = python || node;
      const what = file === '' ? 'something that its stderr names' : quoteText(file);
      return `The plugin may not use ${what}: give the user of this host permission to it, or let the plugin use another file.`;
    },
  ),
  onStderr(outOfMemoryPattern, (_, { limits, stderrTail }) => outOfMemory(limits?.memoryBytes, stderrTail)),
  onStderr(/\bEMFILE\b|Too many open files|Errno 24\b/i, (_, { limits }) => tooManyFiles(limits?.openFiles)),
];

const panic: Diagnosis = ({ final }) => {
  const words = /^(?:panic|fatal error|FATAL ERROR|Fatal Python error): [^\n]*/m.exec(final.text)?.[0];
  return words === undefined
    ? null
    : `The plugin crashed with ${quoteText(words)}: read the trace that follows on its stderr and correct the cause.`;
};

/** From the most specific evidence to the least. */
const causes: readonly Diagnosis[] = [
  ...pythonDiagnoses,
  ...nodeDiagnoses,
  ...programDiagnoses,
  ...listenerDiagnoses,
  ...resourceDiagnoses,
];

/** V8 reserves an address range for its code at its start, which Node 24 and later make writable at once. */
const codeRangePattern = /Failed to reserve virtual memory for CodeRange/;

function outOfMemory(limit: number | undefined, stderrTail: string): string {
  if (codeRangePattern.test(stderrTail))
    return `Node 24 and later reserve 512 MiB at their start, which count as memory: raise limits.memoryBytes (${limit ?? 'set outside of Espalier'} now) by as much.`;
  const raise = limit === undefined ? 'its memory limit' : `limits.memoryBytes (${limit} now)`;
  return `The plugin ran out of memory: raise ${raise}, or let it use less.`;
}

function tooManyFiles(limit: number | undefined): string {
  const raise = limit === undefined ? 'its limit (ulimit -n)' : `limits.openFiles (${limit} now)`;
  return `The plugin had too many open files: raise ${raise}, or find what it does not close.`;
}

function wrongCookie({ cookieKey }: DiagnosisFacts): string {
  return `The plugin did not find the magic cookie that it was built for (this host sends ${quoteText(cookieKey)}): set the right one with --cookie KEY=VALUE or the handshake option.`;
}
