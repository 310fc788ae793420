import { createConnection } from 'node:net';
import { EMPTY, Observable, share, Subscription } from 'rxjs';
import type { ProcessEvent } from '../../machines/effects.js';
import { messageOf, PluginError, type Handshake, type ReattachConfig } from '../../model/index.js';
import { readNamedPipe } from './named-pipes.js';
import type { RunningProcess } from './local-process.js';
import { identifyProcess, isSameProcessRunning, type ProcessIdentity } from './process-identity.js';
import { signalSameProcess } from './signal-same-process.js';
import { endpointOf } from '../socket/open-socket.js';
import type { SocketDirectories, SocketDirectory } from '../socket/socket-directory.js';
import { removeInheritedDirectory } from '../orphans/inherited-directory.js';

/** A process that we did not start: it has no pipes, and its end is not told but has to be looked for. */
export interface AttachedProcess extends RunningProcess {
  isRunning(): boolean;
}

/**
 * Attaches to a process that runs already, if it is the one that is meant and its address takes connections.
 * Unsubscribing lets go of it: what somebody else has started is never killed as a last resort. `kept`: the directory
 * that an earlier host made for it; it goes with the process, and what that prints is read there.
 */
export function attachProcess(
  config: ReattachConfig,
  sockets: SocketDirectories,
  now: () => number,
  inherited: string | null = null,
): Observable<ProcessEvent> {
  return new Observable((subscriber) => {
    const scope = new Subscription();
    const refuse = (reason: Refusal): void => {
      subscriber.next({ type: 'process.failed', at: now(), error: notFound(config, reason) });
      subscriber.complete();
    };
    const found = identifyProcess(config.pid);
    const stranger = mismatchOf(config, found);
    if (found === null || stranger !== null) {
      refuse(stranger ?? gone);
      return scope;
    }
    const handshake = handshakeOf(config);
    const socket = createConnection(endpointOf(handshake));
    scope.add(() => socket.on('error', () => undefined).destroy());
    socket.once('error', (error) => {
      refuse({ ...unreachable, problem: `${unreachable.problem} (${messageOf(error)})`, cause: error });
    });
    socket.once('connect', () => {
      socket.destroy();
      if (!isSameProcessRunning(config.pid, found.startTime)) {
        refuse(gone);
        return;
      }
      const directory = sockets.make();
      scope.add(directory.remove);
      scope.add(() => {
        if (inherited !== null && !isSameProcessRunning(config.pid, found.startTime))
          removeInheritedDirectory(inherited);
      });
      subscriber.next({
        type: 'process.attached',
        process: attachedProcessOf(config, found, scope, directory, { at: now(), kept: inherited }),
        handshake,
      });
    });
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
  hint: 'It has ended since the configuration was written: activate the plugin to start it anew.',
};

const reused: Refusal = {
  problem: 'that pid belongs to another process by now, as their start times differ',
  hint: 'The plugin has ended and its pid was given away. The other process was left alone; activate the plugin to start it anew.',
};

const startTimeHidden: Refusal = {
  problem: 'the system does not tell us when it began, so it may be another one by now',
  hint: 'Let the host see the processes of its plugins (is /proc mounted with hidepid?), or leave startTime out.',
};

const unreachable: Refusal = {
  problem: 'its address takes no connections',
  hint: 'Check that the configuration is the newest one of this plugin. The process was left alone.',
};

const ownPid: Refusal = {
  problem: 'that is the pid of this very process',
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
  { path: socketDirectory, share: shareSocket }: SocketDirectory,
  { at, kept }: { readonly at: number; readonly kept: string | null },
): AttachedProcess & { toJSON(): unknown } {
  const { pid } = config;
  return {
    pid,
    startedAt: at,
    stdout: kept === null ? EMPTY : readNamedPipe(kept, 'stdout'),
    stderr: kept === null ? EMPTY : readNamedPipe(kept, 'stderr').pipe(share()),
    scope,
    token: null,
    identity: null,
    socketDirectory,
    // What it listens on is not ours to remove.
    registerSocket: () => true,
    shareSocket,
    stderrTail: () => '',
    isRunning: () => isSameProcessRunning(pid, startTime),
    signal: (name) => {
      signalSameProcess(config, name);
    },
    toJSON: () => ({ pid }),
  };
}

function handshakeOf({ protocol, protocolVersion, addr }: ReattachConfig): Handshake {
  return {
    coreVersion: 1,
    appVersion: protocolVersion,
    network: addr.network,
    address: addr.string,
    protocol,
    certificate: null,
    multiplexed: false,
  };
}

function notFound({ pid, addr }: ReattachConfig, { problem, hint, cause }: Refusal): PluginError {
  return new PluginError({
    code: 'REATTACH_NOT_FOUND',
    phase: 'spawn',
    message: `Process ${pid} at ${addr.network}:${addr.string} cannot be reattached: ${problem}.`,
    hint,
    facts: { pid, network: addr.network, address: addr.string },
    cause,
  });
}
