import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { resolve as absolute } from 'node:path';
import { afterTest } from './environment.js';

const main = absolute('dist/esm/cli/main.js');

/** A running command line. */
export interface CliRun {
  readonly child: ChildProcess;
  /** The output so far. */
  stdout(): string;
  stderr(): string;
  readonly ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;
  /** Waits until stdout matches. Jest's timeout bounds it. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
  /** The pids of running descendants of this run. */
  survivors(): number[];
  /** Stops reading stdout, so that it fills. */
  pauseReading(): void;
  /** Reads stdout again. */
  resumeReading(): void;
}

/**
 * Starts the built command line with a token in its environment, by which its descendants are found. `pty`: at a
 * terminal, by the shell command that a function makes of that command line, if one is given.
 */
export function espalier(
  args: readonly string[],
  options: {
    stdio?: StdioOptions;
    pty?: boolean | ((command: string) => string);
    env?: NodeJS.ProcessEnv;
  } = {},
): CliRun {
  const token = randomUUID();
  const env = { ...process.env, ESPALIER_TEST_TOKEN: token, NO_COLOR: '1', ...options.env };
  const argv = [process.execPath, main, ...args];
  const { pty = false } = options;
  const line = `exec ${argv.map(quoted).join(' ')}`;
  const atTerminal = ['script', '-qfec', typeof pty === 'function' ? pty(line) : line, '/dev/null'];
  const [command = '', ...rest] = pty === false ? argv : atTerminal;
  const child = spawn(command, rest, { env, stdio: options.stdio ?? ['ignore', 'pipe', 'pipe'] });
  afterTest(() => {
    child.kill('SIGKILL');
  });
  const collect = (stream: NodeJS.ReadableStream | null) => {
    const chunks: Buffer[] = [];
    stream?.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
    });
    return () => Buffer.concat(chunks).toString();
  };
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  const ended = new Promise<{ code: number | null; signal: string | null }>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  return {
    child,
    stdout,
    stderr,
    ended,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const check = (): void => {
          const match = pattern.exec(stdout());
          if (match !== null) resolve(match);
        };
        child.stdout?.on('data', check);
        void ended.then(({ code }) => {
          reject(new Error(`It ended with ${code} without printing ${pattern}:\n${stdout()}\n${stderr()}`));
        });
        check();
      }),
    pauseReading: () => child.stdout?.pause(),
    resumeReading: () => child.stdout?.resume(),
    survivors: () => processesWith(token).filter((pid) => pid !== child.pid),
  };
}

function quoted(argument: string): string {
  return `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}

/** The pids of all processes whose environment holds a token. */
function processesWith(token: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/environ`, 'utf8').includes(token);
      } catch {
        return false;
      }
    })
    .map(Number);
}
