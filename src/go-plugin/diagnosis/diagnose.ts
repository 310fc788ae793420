import { exitDiagnoses, generalAdvice, signalDiagnosis } from './exit.js';
import { nodeDiagnoses } from './node.js';
import { programDiagnoses, spawnDiagnoses } from './program.js';
import { pythonDiagnoses, uncaughtPythonException } from './python.js';
import { onStderr } from './facts.js';
import type { Diagnosis, DiagnosisFacts } from './facts.js';
import { quoteText } from '../visible-text.js';

/** Whether the end of stderr reports that the program ran out of memory. */
export function ranOutOfMemory(stderrTail: string): boolean {
  return outOfMemoryPattern.test(stderrTail);
}

const outOfMemoryPattern =
  /\bMemoryError\b|heap out of memory|Fatal (?:JavaScript|process) (?:out of memory|OOM)|Array buffer allocation failed|ERR_MEMORY_ALLOCATION_FAILED|std::bad_alloc|runtime: (?:out of memory|cannot allocate memory)|Cannot allocate memory/;

export type { DiagnosisFacts } from './facts.js';

/** The probable cause why a plugin did not become usable, and the next step, in one sentence. */
export function diagnose(facts: DiagnosisFacts): string {
  for (const diagnosis of diagnoses) {
    const advice = diagnosis(facts);
    if (advice !== null) return advice;
  }
  return generalAdvice(facts);
}

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
  const words = facts.stderrTail.split(/[^A-Za-z0-9_]+/);
  return facts.cookieKey !== '' && words.includes(facts.cookieKey) ? wrongCookie(facts) : null;
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
  ({ stderrTail, limits }) =>
    ranOutOfMemory(stderrTail) ? outOfMemory(limits?.memoryBytes, stderrTail) : null,
  onStderr(/\bEMFILE\b|Too many open files|Errno 24\b/i, (_, { limits }) => tooManyFiles(limits?.openFiles)),
];

const panic = onStderr(
  /^(?:panic|fatal error|Fatal Python error): [^\n]*/m,
  ([words = '']) =>
    `The plugin crashed with ${quoteText(words)}: read the trace that follows on its stderr and correct the cause.`,
);

// From the most specific evidence to the least: what a program prints goes before its exit code or signal.
const diagnoses: readonly Diagnosis[] = [
  ...spawnDiagnoses,
  ...cookieDiagnoses,
  ...pythonDiagnoses,
  ...nodeDiagnoses,
  ...programDiagnoses,
  ...listenerDiagnoses,
  ...resourceDiagnoses,
  namesCookie,
  panic,
  signalDiagnosis,
  uncaughtPythonException,
  ...exitDiagnoses,
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
