import { randomBytes } from 'node:crypto';
import { createGuardian, type Charge, type GuardianState } from './guardian.js';
import type { Quarry } from './hunts.js';

/** What becomes of plugins whose host dies without a word. */
export type OrphanMode = 'end' | 'keep';

/** One environment's part of the guardian. */
export interface Guard {
  /** The first part of every token. */
  readonly scope: string;
  /** Makes the token of one process, and sees to it that a guardian is there before that is started. */
  watch(plugin: string, generation: number): Watched;
  /** Ends what other hosts have left that carries tokens of this scope, or those that begin with this one. */
  hunt(scope: string, token?: string): Promise<Quarry>;
  /** Ends what has got away from the plugins of this environment; tells whom, unless the listener is told. */
  huntOwn(): Promise<Quarry>;
  /** Lets go of the guardian; the last environment ends it. */
  close(): void;
}

/** One process under guard. */
export interface Watched {
  /** Goes into its environment, and so into that of everything it starts. */
  readonly token: string;
  readonly started: (pid: number) => void;
  /** Its process has ended and its group was killed: whoever has left the group is ended too. */
  readonly ended: (pid: number) => void;
}

export interface GuardListener {
  guardian(state: GuardianState): void;
  /** These had left their plugin's process group and were ended after the plugin. */
  caught(pids: readonly number[]): void;
}

// One process guards all the environments of a host: its pipe is the host's life.
const guardian = createGuardian();

/** Takes an environment into the care of the host's guardian, which is started with the first plugin. */
export function openGuard(place: string, orphans: OrphanMode, listener: GuardListener): Guard {
  const guarded = orphans === 'end';
  const scope = randomBytes(5).toString('hex');
  const charge: Charge = {
    scope,
    place,
    guarded,
    tell: (state) => {
      listener.guardian(state);
    },
  };
  let made = 0;
  // Hunts that wait are made together, and have one answer, which is told once.
  let awaited: Promise<Quarry> | null = null;
  guardian.take(charge);
  return {
    scope,
    watch(plugin, generation) {
      guardian.ensure(charge);
      made += 1;
      const own = `${scope}.${made}`;
      return {
        token: `${own}.${plugin}.${generation}`,
        started(pid) {
          if (guarded) guardian.join(pid);
        },
        ended(pid) {
          guardian.part(pid);
          const answer = guardian.hunt(scope, own);
          if (answer === awaited) return;
          awaited = answer;
          void answer.then((pids) => {
            if (pids !== null && pids.length > 0) listener.caught(pids);
          });
        },
      };
    },
    hunt(other, token = other) {
      guardian.ensure(charge);
      return guardian.hunt(other, token);
    },
    // Where nothing was started, nothing can have got away.
    async huntOwn() {
      if (made === 0) return [];
      const answer = guardian.hunt(scope, scope);
      const pids = await answer;
      return answer === awaited ? [] : pids;
    },
    close: () => {
      guardian.drop(charge);
    },
  };
}
