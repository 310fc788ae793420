import { isAbsolute } from 'node:path';
import { startGuardian, type GuardianProcess } from './guardian-process.js';
import { createReapQueue, type KilledPids } from './reap-queue.js';

/** How the host's plugins are guarded: `guarding` by a process, or not at all, and why. */
export type GuardianState =
  | { readonly state: 'guarding'; readonly pid: number; readonly problem: string | null }
  | { readonly state: 'absent'; readonly pid: null; readonly problem: string };

/** An environment whose plugins the guardian watches. */
export interface GuardedEnvironment {
  /** The first part of its tokens. */
  readonly scope: string;
  /** Its private directory, to be removed after the host's end. */
  readonly directory: string;
  /** Whether its plugins are ended when the host dies. */
  readonly guarded: boolean;
  stateChanged(state: GuardianState): void;
}

/** The guardian of a host: one process for all its environments, there from the first start to the last shutdown. */
export interface Guardian {
  /** Adds an environment. It starts no process. */
  add(environment: GuardedEnvironment): void;
  /** Removes an environment; after the last one the guardian process is stopped. */
  remove(environment: GuardedEnvironment): void;
  /** Starts the guardian process if none runs, and reports its state; to be called before each start of a plugin. */
  ensure(environment: GuardedEnvironment): void;
  addGroup(pid: number): void;
  removeGroup(pid: number): void;
  /** Kills every process with a token of this scope that begins with `token`, in whatever process group it is. */
  reap(scope: string, token: string): Promise<KilledPids>;
}

/**
 * A guardian that ends sooner is replaced only at the next start of a plugin, as a new one would probably fail again.
 */
const minLifetimeMs = 1000;

const blindProblem =
  'it cannot find a process by its token, as grep does not search /proc/<pid>/environ with -z: a process that leaves the process group of its plugin is not ended';

/** The guardian removes the directory after the host's end, so a path that a line cannot hold whole is left out. */
function guardOrder({ scope, directory }: GuardedEnvironment): string[] {
  return ['guard', scope, isAbsolute(directory) && !directory.includes('\n') ? directory : ''];
}

/**
 * Creates the guardian of a host. Its process starts with the first `ensure`, and is replaced when it ends
 * unexpectedly.
 */
export function createGuardian(): Guardian {
  const environments = new Set<GuardedEnvironment>();
  const informed = new WeakSet<GuardedEnvironment>();
  const groups = new Set<number>();
  const reaps = createReapQueue();
  let guardian: GuardianProcess | null = null;
  let lastProblem: string | null = null;
  /** What the running guardian has proven; `null` until it has answered. */
  let state: GuardianState | null = null;
  /** The id of the reap that the running guardian works on. */
  let reapInProgress: string | null = null;

  const start = (): void => {
    const orders = [
      ...[...environments].filter(({ guarded }) => guarded).map(guardOrder),
      ...[...groups].map((group) => ['add-group', String(group)]),
    ];
    guardian = startGuardian(orders, {
      answered: ([word, id, ...pids]) => {
        if (word === 'reaped' && id !== undefined) reaps.complete(id, pids.map(Number));
        if (word === 'ready' || word === 'blind') proven(word === 'ready');
        sendNextReap();
      },
      ended,
    });
    reapInProgress = null;
    state = null;
    sendNextReap();
  };
  const proven = (isReady: boolean): void => {
    if (guardian === null) return;
    state = isReady
      ? { state: 'guarding', pid: guardian.pid, problem: lastProblem }
      : { state: 'absent', pid: null, problem: blindProblem };
    notifyAll(state);
    lastProblem = null;
  };
  const notifyAll = (current: GuardianState): void => {
    for (const environment of environments) notify(environment, current);
  };
  const notify = (environment: GuardedEnvironment, current: GuardianState): void => {
    informed.add(environment);
    environment.stateChanged(current);
  };
  const ended = (problem: string): void => {
    const lived = guardian === null ? 0 : performance.now() - guardian.startedAt;
    guardian = null;
    lastProblem = problem;
    if (lived >= minLifetimeMs) {
      start();
      return;
    }
    reaps.cancelAll();
    notifyAll({ state: 'absent', pid: null, problem });
  };
  const sendNextReap = (): void => {
    const request = reaps.current();
    if (request === null || request.id === reapInProgress) return;
    reapInProgress = request.id;
    guardian?.send(['reap', request.id, ...request.tokens]);
  };

  return {
    add(environment) {
      environments.add(environment);
      if (environment.guarded) guardian?.send(guardOrder(environment));
    },
    remove(environment) {
      if (!environments.delete(environment)) return;
      guardian?.send(['unguard', environment.scope]);
      if (environments.size > 0) return;
      guardian?.stop();
      guardian = null;
      reaps.cancelAll();
    },
    ensure(environment) {
      if (guardian === null) start();
      else if (state !== null && !informed.has(environment))
        notify(environment, state.state === 'absent' ? state : { ...state, problem: null });
    },
    addGroup(pid) {
      groups.add(pid);
      guardian?.send(['add-group', String(pid)]);
    },
    removeGroup(pid) {
      if (groups.delete(pid)) guardian?.send(['remove-group', String(pid)]);
    },
    reap(scope, token) {
      const killed = reaps.enqueue(scope, token);
      if (guardian === null) reaps.cancelAll();
      else sendNextReap();
      return killed;
    },
  };
}
