import {
  findOrphanedDirectories,
  openGuard,
  removeOrphanedDirectory,
  writeHostRecord,
  type Guard,
  type OrphanedDirectory,
  type OrphanMode,
} from '../../effects/index.js';
import type { EnvironmentEvent } from '../../model/index.js';
import { withTimeout } from '../with-timeout.js';

/** Sees to it that nothing of an environment outlives its host, and that what did is ended by the next one. */
export interface Reaper {
  readonly guard: Guard;
  /** Ends what hosts have left that died without a guardian. */
  readonly reapOrphans: () => Promise<void>;
  /** Ends what has got away from this environment's plugins, and lets go of the guardian. */
  close(): Promise<void>;
}

/** How long a look at all processes may hold up whoever waits for it; it goes on without them. */
const reapDeadlineMs = 2000;

export function createReaper(
  root: string,
  orphans: OrphanMode,
  emit: (event: EnvironmentEvent) => void,
  now: () => number,
): Reaper {
  const emitReaped = (
    because: OrphansReaped['because'],
    processes: readonly number[],
    directories: string[] = [],
  ): void => {
    if (processes.length + directories.length === 0) return;
    emit({ type: 'environment.orphansReaped', at: now(), because, processes, directories });
  };
  const guard = openGuard(root, orphans, {
    guardianChanged: (state) => {
      emit({ type: 'environment.guardian', at: now(), ...state });
    },
    killed: (pids) => {
      emitReaped('plugin.exited', pids);
    },
  });
  try {
    writeHostRecord(root, guard.scope, orphans);
  } catch (error) {
    guard.close();
    throw error;
  }

  const reapLeftover = async (leftover: OrphanedDirectory): Promise<() => void> => {
    const pids = await withTimeout(reapDeadlineMs, guard.reap(leftover.scope));
    // Without a hunt its plugins may live: the directory stays, as it alone tells of them.
    if (pids === null) return () => undefined;
    const isRemoved = await removeOrphanedDirectory(leftover);
    return () => {
      emitReaped('host.died', pids, isRemoved ? [leftover.directory] : []);
    };
  };
  return {
    guard,
    async reapOrphans() {
      const told = await Promise.all((await findOrphanedDirectories(root)).map(reapLeftover));
      // Whoever is just being given the environment shall hear of it, too.
      setImmediate(() => {
        for (const tell of told) tell();
      });
    },
    async close() {
      emitReaped('environment.stopped', (await withTimeout(reapDeadlineMs, guard.reapOwn())) ?? []);
      guard.close();
    },
  };
}

type OrphansReaped = Extract<EnvironmentEvent, { readonly type: 'environment.orphansReaped' }>;
