import {
  findLeftovers,
  openGuard,
  removeLeftover,
  writeHostRecord,
  type Guard,
  type Leftover,
  type OrphanMode,
} from '../effects/index.js';
import type { EnvironmentEvent } from '../model/index.js';
import { within } from './within.js';

/** Sees to it that nothing of an environment outlives its host, and that what did is ended by the next one. */
export interface Orphanage {
  readonly guard: Guard;
  /** Ends what hosts have left that died without a guardian. */
  readonly sweep: () => Promise<void>;
  /** Ends what has got away from this environment's plugins, and lets go of the guardian. */
  close(): Promise<void>;
}

/** How long a look at all processes may hold up whoever waits for it; it goes on without them. */
const lookDeadlineMs = 2000;

export function guardOrphans(
  root: string,
  orphans: OrphanMode,
  emit: (event: EnvironmentEvent) => void,
  now: () => number,
): Orphanage {
  const swept = (
    because: Swept['because'],
    processes: readonly number[],
    directories: string[] = [],
  ): void => {
    if (processes.length + directories.length === 0) return;
    emit({ type: 'environment.swept', at: now(), because, processes, directories });
  };
  const guard = openGuard(root, orphans, {
    guardian: (state) => {
      emit({ type: 'environment.guardian', at: now(), ...state });
    },
    caught: (pids) => {
      swept('plugin.exited', pids);
    },
  });
  try {
    writeHostRecord(root, guard.scope, orphans);
  } catch (error) {
    guard.close();
    throw error;
  }

  const end = async (leftover: Leftover): Promise<() => void> => {
    const pids = await within(lookDeadlineMs, guard.hunt(leftover.scope));
    // Without a hunt its plugins may live: the directory stays, as it alone tells of them.
    if (pids === null) return () => undefined;
    const isRemoved = await removeLeftover(leftover);
    return () => {
      swept('host.died', pids, isRemoved ? [leftover.directory] : []);
    };
  };
  return {
    guard,
    async sweep() {
      const told = await Promise.all((await findLeftovers(root)).map(end));
      // Whoever is just being given the environment shall hear of it, too.
      setImmediate(() => {
        for (const tell of told) tell();
      });
    },
    async close() {
      swept('environment.stopped', (await within(lookDeadlineMs, guard.huntOwn())) ?? []);
      guard.close();
    },
  };
}

type Swept = Extract<EnvironmentEvent, { readonly type: 'environment.swept' }>;
