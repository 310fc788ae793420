import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import type { Readable, Writable } from 'node:stream';
import { createLineSplitter } from '../logs/line-splitter.js';
import { guardianScript } from './guardian-script.js';

/** One guardian, from its start to its end. */
export interface GuardianProcess {
  readonly pid: number;
  /** When it was started, on the clock of `performance`. */
  readonly startedAt: number;
  send(words: readonly string[]): void;
  /** Closes its pipe, on which it exits; `ended` is not called. */
  stop(): void;
}

/** Receives the answers and the unexpected end of a guardian process. */
export interface GuardianListener {
  answered(words: readonly string[]): void;
  /** The guardian ended without a call of `stop`, or could not be started. */
  ended(problem: string): void;
}

/** A pipe of a child is a socket, which Node's types do not say. */
interface Handle {
  unref(): unknown;
}

/**
 * Starts a guardian with its first orders, in a session of its own, which the signals of the host's terminal do not
 * reach. `null` if it could not be started; the listener receives the problem, synchronously or later.
 */
export function startGuardian(
  orders: readonly (readonly string[])[],
  listener: GuardianListener,
): GuardianProcess | null {
  let isClosed = false;
  const end = (problem: string): void => {
    if (!isClosed) listener.ended(problem);
    isClosed = true;
  };
  try {
    const child = spawn('/bin/sh', ['-c', 'eval "$GUARDIAN"', `espalier-guardian-of-${process.pid}`], {
      // Nothing of the host's: neither a directory that could not be unmounted, nor a token of its own.
      cwd: '/',
      env: {
        PATH: '/usr/local/bin:/usr/bin:/bin',
        LC_ALL: 'C',
        GUARDIAN: guardianScript,
        ORDERS: orders.map((words) => words.join(' ')).join('\n'),
        // The last one: a tool that reads only the first variable does not find it.
        PROOF: randomBytes(8).toString('hex'),
      },
      detached: true,
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    child.once('error', (error) => {
      end(error.message);
    });
    const { pid } = child;
    if (pid === undefined) return null;
    const pipe = child.stdin as Writable & Handle;
    const answers = child.stdout as Readable & Handle;
    const lines = createLineSplitter();
    pipe.on('error', () => undefined);
    answers.on('error', () => undefined);
    answers.on('data', (chunk: Buffer) => {
      for (const line of lines.push(chunk)) listener.answered(line.split(' '));
    });
    child.once('exit', (code, signal) => {
      end(signal === null ? `it exited with code ${code ?? 'unknown'}` : `it was ended by ${signal}`);
      pipe.destroy();
      answers.destroy();
    });
    // The guardian does not keep the host's event loop alive; a caller that waits for an answer has a timer that does.
    for (const handle of [child, pipe, answers]) handle.unref();
    return {
      pid,
      startedAt: performance.now(),
      send: (words) => {
        if (pipe.writable) pipe.write(`${words.join(' ')}\n`);
      },
      stop() {
        isClosed = true;
        pipe.end();
      },
    };
  } catch (thrown) {
    end(thrown instanceof Error ? thrown.message : String(thrown));
    return null;
  }
}
