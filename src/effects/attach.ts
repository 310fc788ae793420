import { createConnection } from 'node:net';
import { EMPTY, Observable, share, Subscription } from 'rxjs';
import type { ProcessFact } from '../machines/plugin.effects.js';
import { messageOf, PluginError, type Handshake, type ReattachConfig } from '../model/index.js';
import { readLastingPipe } from './lasting-pipes.js';
import type { RunningProcess } from './process.js';
import { identifyProcess, stillRuns, type ProcessIdentity } from './process-identity.js';
import { signalAttached } from './signal-attached.js';
import { endpointOf } from './socket.js';
import type { SocketDirectories, SocketDirectory } from './socket-directory.js';
import { removeKeptDirectory } from './state/kept-directory.js';

/** A process that we did not start: it has no pipes, and its end is not told but has to be looked for. */
export interface AttachedProcess extends RunningProcess {
  isThere(): boolean;
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
  kept: string | null = null,
): Observable<ProcessFact> {
  return new Observable((subscriber) => {
    const scope = new Subscription();
    const refuse = (reason: Refusal): void => {
      subscriber.next({ type: 'process.failed', at: now(), error: notFound(config, reason) });
      subscriber.complete();
    };
    const found = identifyProcess(config.pid);
    const stranger = whyAnother(config, found);
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
      if (!stillRuns(config.pid, found.startTime)) {
        refuse(gone);
        return;
      }
      const directory = sockets.make();
      scope.add(directory.remove);
      scope.add(() => {
        if (kept !== null && !stillRuns(config.pid, found.startTime)) removeKeptDirectory(kept);
      });
      subscriber.next({
        type: 'process.attached',
        process: handleOf(config, found, scope, directory, { at: now(), kept }),
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

const hidden: Refusal = {
  problem: 'the system does not tell us when it began, so it may be another one by now',
  hint: 'Let the host see the processes of its plugins (is /proc mounted with hidepid?), or leave startTime out.',
};

const unreachable: Refusal = {
  problem: 'its address takes no connections',
  hint: 'Check that the configuration is the newest one of this plugin. The process was left alone.',
};

const ourselves: Refusal = {
  problem: 'that is the pid of this very process',
  hint: 'A plugin that is served by the host itself can only be attached to with test: true.',
};

function whyAnother({ pid, startTime, test }: ReattachConfig, found: ProcessIdentity | null): Refusal | null {
  if (pid === process.pid && !test) return ourselves;
  if (found === null || startTime === undefined || found.startTime === startTime) return null;
  return found.startTime === null ? hidden : reused;
}

function handleOf(
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
    stdout: kept === null ? EMPTY : readLastingPipe(kept, 'stdout'),
    stderr: kept === null ? EMPTY : readLastingPipe(kept, 'stderr').pipe(share()),
    scope,
    token: null,
    identity: null,
    socketDirectory,
    // What it listens on is not ours to remove.
    claimSocket: () => true,
    shareSocket,
    stderrTail: () => '',
    isThere: () => stillRuns(pid, startTime),
    signal: (name) => {
      signalAttached(config, name);
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
