import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { Observable, Subject, Subscription, type Subscriber } from 'rxjs';
import { PluginError, isPluginError, messageOf, type StdinMode } from '../../model/index.js';
import type { ProcessEvent, ProcessHandle, LaunchInput } from '../../machines/effects.js';
import { signalGroup, startsOwnGroup } from './signal-group.js';
import { createHeadBuffer, createTailBuffer } from './bounded-buffer.js';
import type { NamedPipes } from './named-pipes.js';
import type { Identity } from '../tls/identity.js';

type Child = ChildProcessByStdio<null, Readable | null, Readable | null>;

interface Pipes {
  readonly stdout: Readable;
  readonly stderr: Readable;
}

/** All that is left of a process. */
export interface ProcessExit {
  readonly code: number | null;
  readonly signal: string | null;
  readonly stderrTail: string;
  /** The first lines of stdout, the handshake line among them. */
  readonly stdoutLines: readonly string[];
}

/** Everything needed to start a plugin's program, and to explain its end. */
export interface RunSpec {
  readonly command: string;
  readonly args: readonly string[];
  /** What is started: the same, or what puts it under its limits and then becomes it. */
  readonly exec: { readonly command: string; readonly args: readonly string[] };
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdin: StdinMode;
  /** The host's side of AutoMTLS with this process; `null` when it was not offered. */
  readonly identity: Identity | null;
  /** What tells it from all others; it is in its environment. */
  readonly token: string;
  /** Pipes that outlive us; `null`: ordinary ones. */
  readonly pipes: NamedPipes | null;
  /** Where the sockets between the host and this process lie. */
  readonly socketDirectory: string;
  /** Takes charge of a socket that the process has announced; answers whether it lies in that directory. */
  registerSocket(path: string): boolean;
  /** Whether the process came to its end as it had no memory left under its limit. */
  ranOutOfMemory(end: ProcessExit): boolean;
  /** Lets the group of that directory, if it has one, reach a socket of the host's own. Throws what the system says. */
  shareSocket(path: string): void;
  /** What the end of the process points to. */
  diagnose(end: ProcessExit): string;
  /** Releases what was made for this process: its socket directory. */
  release(): void;
  /** Takes the process under guard: from now on it does not outlive the host. */
  started(pid: number): void;
  /** Its process has ended and its group was killed; ends what has left the group. */
  ended(pid: number): void;
}

/** The process as the other effects see it. */
export interface RunningProcess extends ProcessHandle {
  readonly stdout: Observable<Uint8Array>;
  readonly stderr: Observable<Uint8Array>;
  /** Ends with the process; whatever is added to it is released then. */
  readonly scope: Subscription;
  readonly identity: Identity | null;
  /** What is in the environment of a process that we started. */
  readonly token: string | null;
  readonly socketDirectory: string;
  /** Takes charge of a socket that the process has announced; answers whether it lies in that directory. */
  registerSocket(path: string): boolean;
  /** Lets the group of that directory, if it has one, reach a socket of the host's own. Throws what the system says. */
  shareSocket(path: string): void;
  signal(name: NodeJS.Signals): void;
}

/** How much of stderr is kept to explain an end: a Python traceback with some context. */
const stderrTailBytes = 8 * 1024;

/** How much of the beginning of stdout is kept for the same purpose. */
const stdoutHeadBytes = 4 * 1024;

/** How many turns of the event loop without a byte mean that a dead process's pipes are empty. */
const emptyIterations = 2;
const maxIterations = 256;

/** Starts a program in a process group of its own, tells its start and its end, and leaves nothing behind. */
export function startProcess(
  input: LaunchInput,
  launch: (input: LaunchInput) => Promise<RunSpec>,
  now: () => number,
): Observable<ProcessEvent> {
  return new Observable<ProcessEvent>((subscriber) => {
    const scope = new Subscription();
    launch(input).then(
      (ready) => {
        scope.add(() => {
          ready.release();
        });
        if (scope.closed) return;
        subscriber.next({ type: 'process.located', command: [ready.command, ...ready.args] });
        spawnChild(ready, subscriber, scope, now);
      },
      (thrown: unknown) => {
        subscriber.next({ type: 'process.failed', at: now(), error: asSpawnError(thrown) });
      },
    );
    return scope;
  });
}

function spawnChild(
  launch: RunSpec,
  subscriber: Subscriber<ProcessEvent>,
  scope: Subscription,
  now: () => number,
): void {
  const fail = (error: unknown): void => {
    subscriber.next({ type: 'process.failed', at: now(), error: spawnError(launch, error) });
    subscriber.complete();
  };
  let child: Child;
  try {
    child = spawn(launch.exec.command, launch.exec.args, {
      cwd: launch.cwd,
      env: launch.env,
      detached: startsOwnGroup(),
      stdio: [launch.stdin, ...(launch.pipes?.childDescriptors ?? (['pipe', 'pipe'] as const))],
      windowsHide: true,
    }) as Child;
  } catch (error) {
    fail(error);
    return;
  }
  const { pid } = child;
  if (pid === undefined) {
    child.once('error', fail);
    return;
  }
  launch.started(pid);
  launch.pipes?.closeChildEnds();
  // After a start, `error` only says that a signal could not be delivered; the exit tells the rest.
  child.on('error', () => undefined);

  const stdout = new Subject<Uint8Array>();
  const stderr = new Subject<Uint8Array>();
  const tail = createTailBuffer(stderrTailBytes);
  const head = createHeadBuffer(stdoutHeadBytes);
  const pipes = launch.pipes ?? (child as Pipes);
  const activity = countBytes(pipes);
  pipes.stdout.on('data', (chunk: Buffer) => {
    head.push(chunk);
    stdout.next(chunk);
  });
  pipes.stderr.on('data', (chunk: Buffer) => {
    tail.push(chunk);
    stderr.next(chunk);
  });

  let exited = false;
  child.once('exit', (code, signal) => {
    exited = true;
    // What it forked must not outlive it, nor hold its pipes.
    signalGroup(pid, 'SIGKILL');
    launch.ended(pid);
    // Not `close`: a process that escaped the group would hold it back for as long as it lives.
    whenDrained(activity, () => {
      pipes.stdout.destroy();
      pipes.stderr.destroy();
      stdout.complete();
      stderr.complete();
      const stdoutLines = head
        .text()
        .split('\n')
        .filter((line) => line !== '');
      const end = { code, signal, stderrTail: tail.text(), stdoutLines };
      const diagnosis = launch.diagnose(end);
      const outOfMemory = launch.ranOutOfMemory(end);
      subscriber.next({ type: 'process.exited', at: now(), code, signal, diagnosis, outOfMemory });
      subscriber.complete();
    });
  });
  scope.add(() => {
    if (!exited) signalGroup(pid, 'SIGKILL');
    pipes.stdout.destroy();
    pipes.stderr.destroy();
  });

  const handle: RunningProcess & { toJSON(): unknown } = {
    pid,
    startedAt: now(),
    stdout,
    stderr,
    scope,
    identity: launch.identity,
    token: launch.token,
    socketDirectory: launch.socketDirectory,
    registerSocket: (path) => launch.registerSocket(path),
    shareSocket: (path) => {
      launch.shareSocket(path);
    },
    stderrTail: () => tail.text(),
    signal: (name) => {
      if (!exited) signalGroup(pid, name);
    },
    toJSON: () => ({ pid }),
  };
  child.once('spawn', () => {
    subscriber.next({ type: 'process.started', process: handle });
  });
}

function countBytes({ stdout, stderr }: Pipes): () => number {
  let seen = 0;
  for (const pipe of [stdout, stderr])
    pipe.on('data', (chunk: Buffer) => {
      seen += chunk.length;
    });
  return () => seen;
}

/**
 * Node tells an exit before it has read what the process left in its pipes. Each turn of the loop reads what is
 * there, so some turns without a byte mean that nothing is.
 */
function whenDrained(bytesSeen: () => number, done: () => void): void {
  let before = bytesSeen();
  let emptyCount = 0;
  let iterations = 0;
  const iterate = (): void => {
    const seen = bytesSeen();
    emptyCount = seen === before ? emptyCount + 1 : 0;
    before = seen;
    iterations += 1;
    if (emptyCount >= emptyIterations || iterations >= maxIterations) done();
    else setImmediate(iterate);
  };
  setImmediate(iterate);
}

function asSpawnError(thrown: unknown): PluginError {
  if (isPluginError(thrown)) return thrown;
  return new PluginError({
    code: 'SPAWN_FAILED',
    phase: 'interpreter',
    message: messageOf(thrown),
    cause: thrown,
  });
}

function spawnError(launch: RunSpec, thrown: unknown): PluginError {
  const code = (thrown as NodeJS.ErrnoException).code ?? 'unknown';
  return new PluginError({
    code: 'SPAWN_FAILED',
    phase: 'spawn',
    message: `${launch.command} could not be started: ${code}.`,
    hint: spawnHints[code] ?? 'See the cause for what the operating system said.',
    facts: { command: launch.command, args: launch.args, cwd: launch.cwd, errno: code },
    cause: thrown,
  });
}

const spawnHints: Readonly<Record<string, string>> = {
  EACCES: 'Make the file executable: chmod +x.',
  ENOENT: 'Check that the file, the interpreter in its first line, and the working directory exist.',
  E2BIG: 'The environment is too large: pass less of it (inheritEnv, env).',
  EAGAIN: 'The machine is out of processes (ulimit -u).',
  ENOMEM: 'The machine is out of memory.',
  EMFILE: 'This process has too many open files (ulimit -n).',
};
