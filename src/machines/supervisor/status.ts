import type { AnyActorRef } from 'xstate';
import type { SupervisorStatus, TreeChild } from '../../model/index.js';
import { readClock, restartsLeft } from '../../policy/index.js';
import { supervisorId } from '../actor-registry.js';
import { supervisorState } from './child-summary.js';
import type { SupervisorContext } from './types.js';

interface SupervisorSnapshot {
  readonly value: unknown;
  readonly context: SupervisorContext;
  readonly children: Readonly<Record<string, AnyActorRef | undefined>>;
}

/** The public status of a supervisor and of all groups below it, derived from their snapshots. */
export function supervisorStatus(supervisor: AnyActorRef, now: number): SupervisorStatus {
  const { value, context, children } = supervisor.getSnapshot() as SupervisorSnapshot;
  const { spec, restarts, clock } = context;
  const { name, strategy, autoShutdown, intensity, periodMs } = spec;
  return {
    name,
    state: supervisorState(value),
    strategy,
    autoShutdown,
    intensity,
    periodMs,
    restartsLeft: restartsLeft(restarts, readClock(clock, now), spec),
    children: context.children.flatMap(({ kind, id, significant, after }): TreeChild[] => {
      if (kind === 'plugin') return [{ kind, id, significant, after: [...after] }];
      const below = children[supervisorId(id)];
      return below === undefined
        ? []
        : [{ kind, significant, after: [...after], supervisor: supervisorStatus(below, now) }];
    }),
  };
}
