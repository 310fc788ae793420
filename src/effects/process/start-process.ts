import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { Observable, Subscription, type Subscriber } from 'rxjs';
import { messageOf, PluginError } from '../../model/index.js';
import { openSocket } from '../socket/open-socket.js';
import { captureOutput, type CapturedOutput, type OutputPipes } from './captured-output.js';
import { makeNamedPipes, type NamedPipes } from './named-pipes.js';
import { withPrlimit, type LimitedCommand } from './prlimit.js';
import type { RunnerEvent, RunningProcess, RunSpec } from './runner.js';
import type { HostEnv } from './search-path.js';
import { signalGroup, startsOwnGroup } from './signal-group.js';

type Child = ChildProcessByStdio<null, Readable | null, Readable | null>;

/** What is started: the program, or what puts it under its limits and then becomes it; and its pipes. */
interface Prepared {
  readonly exec: LimitedCommand;
  /** `null`: ordinary pipes. */
  readonly pipes: NamedPipes | null;
}

/** Starts a program in a process group of its own. See `Runner.start`. */
export function startProcess(spec: RunSpec, env: HostEnv, now: () => number): Observable<RunnerEvent> {
  return new Observable((subscriber) => {
    const scope = new Subscription();
    prepare(spec, env, subscriber).then(
      (prepared) => {
        scope.add(() => prepared.pipes?.close());
        if (!scope.closed) spawnChild(spec, prepared, subscriber, scope, now);
      },
      (thrown: unknown) => {
        fail(spec, subscriber, thrown);
      },
    );
    return scope;
  });
}

async function prepare(spec: RunSpec, env: HostEnv, subscriber: Subscriber<RunnerEvent>): Promise<Prepared> {
  const { limits, outlivesHost, directory } = spec;
  const exec = await withPrlimit(spec, limits, env);
  const degrade = (problem: string, fields: object): void => {
    subscriber.next({ type: 'degraded', problem, fields: { ...fields } });
  };
  if (exec.problem !== null) degrade(`the limits of this plugin do not hold: ${exec.problem}`, { limits });
  if (!outlivesHost) return { exec, pipes: null };
  const pipes = await makeNamedPipes(directory).catch((thrown: unknown) => {
    degrade(`what this plugin prints after its host has died will end it: ${messageOf(thrown)}`, {});
    return null;
  });
  return { exec, pipes };
}

function spawnChild(
  spec: RunSpec,
  { exec, pipes }: Prepared,
  subscriber: Subscriber<RunnerEvent>,
  scope: Subscription,
  now: () => number,
): void {
  let child: Child;
  try {
    child = spawn(exec.command, exec.args, {
      cwd: spec.cwd,
      env: spec.env,
      detached: startsOwnGroup(),
      stdio: [spec.stdin, ...(pipes?.childDescriptors ?? (['pipe', 'pipe'] as const))],
      windowsHide: true,
    }) as Child;
  } catch (thrown) {
    fail(spec, subscriber, thrown);
    return;
  }
  const { pid } = child;
  if (pid === undefined) {
    child.once('error', (error) => {
      fail(spec, subscriber, error);
    });
    return;
  }
  spec.guard.started(pid);
  pipes?.closeChildEnds();
  // After a start, `error` only says that a signal could not be delivered; `exit` reports the rest.
  child.on('error', () => undefined);
  superviseChild(child, pid, spec, captureOutput(pipes ?? (child as OutputPipes)), subscriber, scope, now);
}

function superviseChild(
  child: Child,
  pid: number,
  { guard }: RunSpec,
  output: CapturedOutput,
  subscriber: Subscriber<RunnerEvent>,
  scope: Subscription,
  now: () => number,
): void {
  let exited = false;
  const signal = (name: NodeJS.Signals): void => {
    if (!exited) signalGroup(pid, name);
  };
  child.once('exit', (code, signalName) => {
    exited = true;
    // What it forked must not outlive it, nor hold its pipes.
    signalGroup(pid, 'SIGKILL');
    guard.ended(pid);
    // Not on `close`: a process that escaped the group delays that event until it ends itself.
    output.drain(() => {
      const [stderrTail, servingStderr, stdoutLines] = [
        output.stderrTail(),
        output.servingStderr(),
        output.stdoutLines(),
      ];
      const exit = { code, signal: signalName, stderrTail, servingStderr, stdoutLines };
      subscriber.next({ type: 'exited', exit });
      subscriber.complete();
    });
  });
  scope.add(() => {
    signal('SIGKILL');
    output.close();
  });
  const { stdout, stderr, stderrTail, noteServing } = output;
  const process: RunningProcess & { toJSON(): unknown } = {
    pid,
    startedAt: now(),
    stdout,
    stderr,
    scope,
    stderrTail,
    noteServing,
    signal,
    isRunning: () => !exited,
    connect: openSocket,
    addressFromPlugin: (address) => address,
    toJSON: () => ({ pid }),
  };
  child.once('spawn', () => {
    subscriber.next({ type: 'started', process });
  });
}

function fail(spec: RunSpec, subscriber: Subscriber<RunnerEvent>, thrown: unknown): void {
  const { command, args, cwd } = spec;
  const errno = (thrown as NodeJS.ErrnoException).code ?? 'unknown';
  const error = new PluginError({
    code: 'SPAWN_FAILED',
    phase: 'spawn',
    message: `${command} could not be started: ${errno}.`,
    facts: { command, args, cwd, errno },
    cause: thrown,
  });
  subscriber.next({ type: 'failed', error });
  subscriber.complete();
}
