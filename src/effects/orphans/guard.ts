import { randomBytes } from 'node:crypto';
import { createGuardian, type GuardedEnvironment, type GuardianState } from './guardian.js';
import type { KilledPids } from './reap-queue.js';

/** What becomes of plugins whose host dies without a word. */
export type OrphanMode = 'end' | 'keep';

/** One environment's part of the guardian. */
export interface Guard {
  /** The first part of every token. */
  readonly scope: string;
  /** Makes the token of one process, and sees to it that a guardian is there before that is started. */
  guardProcess(plugin: string, generation: number): ProcessGuard;
  /** Ends what other hosts have left that carries tokens of this scope, or those that begin with this one. */
  reap(scope: string, token?: string): Promise<KilledPids>;
  /** Ends what has got away from the plugins of this environment; tells whom, unless the listener is told. */
  reapOwn(): Promise<KilledPids>;
  /** Lets go of the guardian; the last environment ends it. */
  close(): void;
}

/** One process under guard. */
export interface ProcessGuard {
  /** Goes into its environment, and so into that of everything it starts. */
  readonly token: string;
  readonly started: (pid: number) => void;
  /** Its process has ended and its group was killed: whoever has left the group is ended too. */
  readonly ended: (pid: number) => void;
}

export interface GuardListener {
  guardianChanged(state: GuardianState): void;
  /** These had left their plugin's process group and were ended after the plugin. */
  killed(pids: readonly number[]): void;
}

// One process guards all the environments of a host: its pipe is the host's life.
const guardian = createGuardian();

/** Takes an environment into the care of the host's guardian, which is started with the first plugin. */
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
  // Hunts that wait are made together, and have one answer, which is told once.
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
    // Where nothing was started, nothing can have got away.
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
