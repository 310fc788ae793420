import { spawn, type ChildProcess } from 'node:child_process';
import type { Readable } from 'node:stream';

/** A program to run, with its arguments, directory and environment. */
export interface ToolRun {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Ends the tool and every process that it started. */
  readonly signal: AbortSignal;
  readonly onLine?: ((line: string) => void) | undefined;
}

/** How a program ended, with the end of its output. */
export interface ToolEnd {
  readonly code: number | null;
  readonly signal: string | null;
  /** The last 8 KiB of what it printed, stdout and stderr as they came. */
  readonly tail: string;
  /** Why it could not be started. */
  readonly failure: Error | null;
}

const tailLength = 8 * 1024;
const longestLine = 4 * 1024;
/** From SIGINT, which lets pip remove its temporary files, to SIGKILL. */
const graceMs = 2000;
/** For output that is still in the pipes after the end. */
const outputMs = 500;

/** Runs a program to its end. It resolves also when the program fails, and when it was aborted. */
export async function runTool({ command, args, cwd, env, signal, onLine }: ToolRun): Promise<ToolEnd> {
  signal.throwIfAborted();
  const detached = process.platform !== 'win32';
  const child = spawn(command, args, {
    cwd,
    env,
    detached,
    windowsHide: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let tail = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => (tail = (tail + text).slice(-tailLength)));
    eachLine(stream, onLine ?? (() => undefined));
  }
  const closed = new Promise<void>((resolve) =>
    child.once('close', () => {
      resolve();
    }),
  );
  const release = endOnAbort(child, signal);
  const end = await ended(child);
  release();
  await within(outputMs, closed);
  // A process that left the group may hold the pipes open for ever.
  child.stdout.destroy();
  child.stderr.destroy();
  return { ...end, tail };
}

function ended(child: ChildProcess): Promise<Omit<ToolEnd, 'tail'>> {
  return new Promise((resolve) => {
    child.once('error', (failure) => {
      resolve({ code: null, signal: null, failure });
    });
    child.once('exit', (code, signal) => {
      resolve({ code, signal, failure: null });
    });
  });
}

/**
 * Ends the process group of the tool on abort. Returns a function for after its end, which kills its remaining
 * children.
 */
function endOnAbort(child: ChildProcess, signal: AbortSignal): () => void {
  let kill: NodeJS.Timeout | undefined;
  const interrupt = (): void => {
    signalGroup(child, 'SIGINT');
    kill = setTimeout(() => {
      signalGroup(child, 'SIGKILL');
    }, graceMs);
  };
  signal.addEventListener('abort', interrupt, { once: true });
  return () => {
    clearTimeout(kill);
    signal.removeEventListener('abort', interrupt);
    // The system does not reuse a group's id while a member lives, so this reaches the tool's own children only.
    signalGroup(child, 'SIGKILL');
  };
}

function signalGroup(child: ChildProcess, name: 'SIGINT' | 'SIGKILL'): void {
  if (child.pid === undefined) return;
  if (process.platform === 'win32') {
    child.kill(name);
    return;
  }
  try {
    process.kill(-child.pid, name);
  } catch {
    // The group has no process left.
  }
}

function eachLine(stream: Readable, onLine: (line: string) => void): void {
  let rest = '';
  stream.on('data', (text: string) => {
    const lines = (rest + text).split(/\r\n|\r|\n/);
    rest = (lines.pop() ?? '').slice(-longestLine);
    lines.forEach(onLine);
  });
  stream.on('end', () => {
    if (rest !== '') onLine(rest);
  });
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const enough = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)));
  await Promise.race([work, enough]);
  clearTimeout(timer);
}
