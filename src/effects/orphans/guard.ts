import { randomBytes } from 'node:crypto';
import { createGuardian, type GuardedEnvironment, type GuardianState } from './guardian.js';
import type { KilledPids } from './reap-queue.js';

/** What happens to plugins when their host exits without a shutdown: `end` kills them, `keep` leaves them running. */
export type OrphanMode = 'end' | 'keep';

/** The handle with which one environment uses the guardian. */
export interface Guard {
  /** The first part of every token of this environment. */
  readonly scope: string;
  /** Makes the token of one process and starts a guardian if none runs; to be called before the process is started. */
  guardProcess(plugin: string, generation: number): ProcessGuard;
  /**
   * Kills the orphan processes of another host: those with a token of this scope, or with one that begins with `token`.
   */
  reap(scope: string, token?: string): Promise<KilledPids>;
  /**
   * Kills the processes that left the process groups of this environment's plugins. Pids that the listener receives are
   * not in the answer.
   */
  reapOwn(): Promise<KilledPids>;
  /** Removes the environment from the guardian, which stops after the last one. */
  close(): void;
}

/** One process under guard. */
export interface ProcessGuard {
  /** The value of an environment variable, which every process that it starts inherits. */
  readonly token: string;
  readonly started: (pid: number) => void;
  /**
   * Reports that the process has ended and its group was killed; its descendants that left the group are killed too.
   */
  readonly ended: (pid: number) => void;
}

/** Receives what the guardian does for one environment. */
export interface GuardListener {
  guardianChanged(state: GuardianState): void;
  /** Receives the pids that had left their plugin's process group and were killed after the plugin ended. */
  killed(pids: readonly number[]): void;
}

// One process guards all the environments of a host: its pipe is the host's life.
const guardian = createGuardian();

/** Adds an environment to the host's guardian, which is started with the first plugin. */
export function openGuard(directory: string, orphans: OrphanMode, listener: GuardListener): Guard {
  const guarded = orphans === 'end';
  const scope = randomBytes(5).toString('hex');
  const environment: GuardedEnvironment = {
    scope,
    directory,
    guarded,
    stateChanged: (state) => {
      listener.guardianChanged(state);
    },
  };
  let made = 0;
  // Queued reaps of one scope are merged and share one answer: the listener receives it once.
  let pendingReap: Promise<KilledPids> | null = null;
  guardian.add(environment);
  return {
    scope,
    guardProcess(plugin, generation) {
      guardian.ensure(environment);
      made += 1;
      const own = `${scope}.${made}`;
      return {
        token: `${own}.${plugin}.${generation}`,
        started(pid) {
          if (guarded) guardian.addGroup(pid);
        },
        ended(pid) {
          guardian.removeGroup(pid);
          const answer = guardian.reap(scope, own);
          if (answer === pendingReap) return;
          pendingReap = answer;
          void answer.then((pids) => {
            if (pids !== null && pids.length > 0) listener.killed(pids);
          });
        },
      };
    },
    reap(other, token = other) {
      guardian.ensure(environment);
      return guardian.reap(other, token);
    },
    // Without a started process there is none to reap.
    async reapOwn() {
      if (made === 0) return [];
      const answer = guardian.reap(scope, scope);
      const pids = await answer;
      return answer === pendingReap ? [] : pids;
    },
    close: () => {
      guardian.remove(environment);
    },
  };
}
