import { EMPTY, Observable, share, Subscription } from 'rxjs';
import { messageOf, PluginError, type ReattachConfig } from '../../model/index.js';
import { openSocket } from '../socket/open-socket.js';
import { readNamedPipe } from './named-pipes.js';
import { identifyProcess, isSameProcessRunning, type ProcessIdentity } from './process-identity.js';
import type { ReattachEvent, RunningProcess } from './runner.js';
import { signalSameProcess } from './signal-same-process.js';

/**
 * Attaches to a running process if it is the one that the configuration means and its address accepts connections.
 * See `Runner.reattach`.
 */
export function attachProcess(
  config: ReattachConfig,
  outputDirectory: string | null,
  now: () => number,
): Observable<ReattachEvent> {
  return new Observable((subscriber) => {
    const scope = new Subscription();
    const refuse = (refusal: Refusal): void => {
      subscriber.next({ type: 'failed', error: notFoundError(config, refusal) });
      subscriber.complete();
    };
    const found = identifyProcess(config.pid);
    const mismatch = mismatchOf(config, found);
    if (found === null || mismatch !== null) {
      refuse(mismatch ?? gone);
      return scope;
    }
    const connected = openSocket({ network: config.addr.network, address: config.addr.string }).subscribe({
      next: (socket) => {
        socket.on('error', () => undefined).destroy();
        if (!isSameProcessRunning(config.pid, found.startTime)) {
          refuse(gone);
          return;
        }
        const process = attachedProcessOf(config, found, scope, outputDirectory, now());
        subscriber.next({ type: 'started', process });
      },
      error: (error: unknown) => {
        refuse({ ...unreachable, problem: `${unreachable.problem} (${messageOf(error)})`, cause: error });
      },
    });
    scope.add(connected);
    return scope;
  });
}

interface Refusal {
  readonly problem: string;
  readonly hint: string;
  readonly cause?: unknown;
}

const gone: Refusal = {
  problem: 'no such process runs',
  hint: 'It has ended since the configuration was written: activate the plugin to start a new one.',
};

const reused: Refusal = {
  problem: 'that pid belongs to another process by now, as their start times differ',
  hint: 'The plugin has ended and its pid was reused. The other process was left alone; activate the plugin to start a new one.',
};

const startTimeHidden: Refusal = {
  problem: 'the system does not show when it began, so it may be another one by now',
  hint: 'Let the host see the processes of its plugins (is /proc mounted with hidepid?), or leave startTime out.',
};

const unreachable: Refusal = {
  problem: 'its address accepts no connections',
  hint: 'Check that the configuration is the newest one of this plugin. The process was left alone.',
};

const ownPid: Refusal = {
  problem: 'that is the pid of the host itself',
  hint: 'A plugin that is served by the host itself can only be attached to with test: true.',
};

function mismatchOf({ pid, startTime, test }: ReattachConfig, found: ProcessIdentity | null): Refusal | null {
  if (pid === process.pid && !test) return ownPid;
  if (found === null || startTime === undefined || found.startTime === startTime) return null;
  return found.startTime === null ? startTimeHidden : reused;
}

function attachedProcessOf(
  config: ReattachConfig,
  { startTime }: ProcessIdentity,
  scope: Subscription,
  outputDirectory: string | null,
  startedAt: number,
): RunningProcess & { toJSON(): unknown } {
  const { pid } = config;
  return {
    pid,
    startedAt,
    stdout: outputDirectory === null ? EMPTY : readNamedPipe(outputDirectory, 'stdout'),
    stderr: outputDirectory === null ? EMPTY : readNamedPipe(outputDirectory, 'stderr').pipe(share()),
    scope,
    stderrTail: () => '',
    noteServing: () => undefined,
    signal: (name) => {
      signalSameProcess(config, name);
    },
    isRunning: () => isSameProcessRunning(pid, startTime),
    connect: openSocket,
    addressFromPlugin: (address) => address,
    toJSON: () => ({ pid }),
  };
}

function notFoundError({ pid, addr }: ReattachConfig, { problem, hint, cause }: Refusal): PluginError {
  return new PluginError({
    code: 'REATTACH_NOT_FOUND',
    phase: 'spawn',
    message: `Process ${pid} at ${addr.network}:${addr.string} cannot be reattached: ${problem}.`,
    hint,
    facts: { pid, network: addr.network, address: addr.string },
    cause,
  });
}
