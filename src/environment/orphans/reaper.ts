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
import { withTimeout } from './with-timeout.js';

/** Reaps the processes of dead hosts, and opens the guard that reaps those of this host. */
export interface Reaper {
  /** Reaps the processes of this host, also after it was killed. */
  readonly guard: Guard;
  /** Kills the processes of dead hosts that had no guardian, and removes their socket directories. */
  readonly reapOrphans: () => Promise<void>;
  /** Kills processes that have left the process groups of this environment's plugins, and stops the guardian. */
  close(): Promise<void>;
}

/** How long the caller waits for one scan of all processes; the scan then goes on in the background. */
const reapDeadlineMs = 2000;

/**
 * Opens the guard and records this host in `root`, its private socket directory. Throws when the record cannot be
 * written.
 */
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

  const reapDirectory = async (orphaned: OrphanedDirectory): Promise<() => void> => {
    const pids = await withTimeout(reapDeadlineMs, guard.reap(orphaned.scope));
    // Its plugins may still run, and only the directory names them, so it stays.
    if (pids === null) return () => undefined;
    const isRemoved = await removeOrphanedDirectory(orphaned);
    return () => {
      emitReaped('host.died', pids, isRemoved ? [orphaned.directory] : []);
    };
  };
  return {
    guard,
    async reapOrphans() {
      const emissions = await Promise.all((await findOrphanedDirectories(root)).map(reapDirectory));
      // Deferred, so that the caller of createEnvironment can subscribe first.
      setImmediate(() => {
        for (const emitEvent of emissions) emitEvent();
      });
    },
    async close() {
      emitReaped('environment.stopped', (await withTimeout(reapDeadlineMs, guard.reapOwn())) ?? []);
      guard.close();
    },
  };
}

type OrphansReaped = Extract<EnvironmentEvent, { readonly type: 'environment.orphansReaped' }>;
