import { isAbsolute } from 'node:path';
import { startGuardian, type GuardianProcess } from './guardian-process.js';
import { createReapQueue, type KilledPids } from './reap-queue.js';

/** How the host's plugins are guarded: `guarding` by a process, or not at all, and why. */
export type GuardianState =
  | { readonly state: 'guarding'; readonly pid: number; readonly problem: string | null }
  | { readonly state: 'absent'; readonly pid: null; readonly problem: string };

/** An environment under the guardian's care. */
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
  /** Takes an environment in. No process is started for it yet. */
  add(charge: GuardedEnvironment): void;
  /** Lets go of it; the last one takes the process along. */
  remove(charge: GuardedEnvironment): void;
  /** Sees to it that a process guards, and tells of it; to be called before each start of a plugin. */
  ensure(charge: GuardedEnvironment): void;
  addGroup(pid: number): void;
  removeGroup(pid: number): void;
  /** Ends whoever carries a token that begins so, wherever it has gone. */
  reap(scope: string, token: string): Promise<KilledPids>;
}

/** A guardian that lived shorter is not replaced before the next start of a plugin, as the next one may fare no better. */
const minLifetimeMs = 1000;

/** What the guardian removes after the host must not be half a path. */
function guardOrder({ scope, directory }: GuardedEnvironment): string[] {
  return ['guard', scope, isAbsolute(directory) && !directory.includes('\n') ? directory : ''];
}

export function createGuardian(): Guardian {
  const environments = new Set<GuardedEnvironment>();
  const informed = new WeakSet<GuardedEnvironment>();
  const groups = new Set<number>();
  const reaps = createReapQueue();
  let guardian: GuardianProcess | null = null;
  let lastProblem: string | null = null;
  /** The hunt that this guardian is at. */
  let reapInProgress: string | null = null;

  const start = (): void => {
    const orders = [
      ...[...environments].filter(({ guarded }) => guarded).map(guardOrder),
      ...[...groups].map((group) => ['add-group', String(group)]),
    ];
    guardian = startGuardian(orders, {
      answered: ([word, id, ...pids]) => {
        if (word === 'reaped' && id !== undefined) reaps.complete(id, pids.map(Number));
        sendNextReap();
      },
      ended,
    });
    reapInProgress = null;
    if (guardian === null) return;
    const { pid } = guardian;
    sendNextReap();
    notifyAll({ state: 'guarding', pid, problem: lastProblem });
    lastProblem = null;
  };
  const notifyAll = (state: GuardianState): void => {
    for (const charge of environments) notify(charge, state);
  };
  const notify = (charge: GuardedEnvironment, state: GuardianState): void => {
    informed.add(charge);
    charge.stateChanged(state);
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
    const hunt = reaps.current();
    if (hunt === null || hunt.id === reapInProgress) return;
    reapInProgress = hunt.id;
    guardian?.send(['reap', hunt.id, ...hunt.tokens]);
  };

  return {
    add(charge) {
      environments.add(charge);
      if (charge.guarded) guardian?.send(guardOrder(charge));
    },
    remove(charge) {
      if (!environments.delete(charge)) return;
      guardian?.send(['unguard', charge.scope]);
      if (environments.size > 0) return;
      guardian?.stop();
      guardian = null;
      reaps.cancelAll();
    },
    ensure(charge) {
      if (guardian === null) start();
      else if (!informed.has(charge)) notify(charge, { state: 'guarding', pid: guardian.pid, problem: null });
    },
    addGroup(pid) {
      groups.add(pid);
      guardian?.send(['add-group', String(pid)]);
    },
    removeGroup(pid) {
      if (groups.delete(pid)) guardian?.send(['remove-group', String(pid)]);
    },
    reap(scope, token) {
      const quarry = reaps.enqueue(scope, token);
      if (guardian === null) reaps.cancelAll();
      else sendNextReap();
      return quarry;
    },
  };
}
