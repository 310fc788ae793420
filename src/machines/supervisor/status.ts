import type { AnyActorRef } from 'xstate';
import type { SupervisorState, SupervisorStatus, TreeChild } from '../../model/index.js';
import { readClock, restartsLeft } from '../../policy/index.js';
import { supervisorId } from '../actor-registry.js';
import { supervisorState } from './child-summary.js';
import type { SupervisorContext } from './types.js';

interface SupervisorSnapshot {
  readonly value: unknown;
  readonly context: SupervisorContext;
  readonly children: Readonly<Record<string, AnyActorRef | undefined>>;
}

/** A supervisor and all below it, derived from their snapshots and from nothing else. */
export function supervisorStatus(supervisor: AnyActorRef, now: number): SupervisorStatus {
  const { value, context, children } = supervisor.getSnapshot() as SupervisorSnapshot;
  const { spec, restarts, clock } = context;
  const { name, strategy, autoShutdown, intensity, periodMs } = spec;
  const state = supervisorState(value);
  return {
    name,
    state: state === 'running' ? 'running' : (state as SupervisorState),
    strategy,
    autoShutdown,
    intensity,
    periodMs,
    restartsLeft: restartsLeft(restarts, readClock(clock, now), spec),
    children: context.children.flatMap(({ kind, id, significant, after }): TreeChild[] => {
      if (kind === 'plugin') return [{ kind, id, significant, after }];
      const below = children[supervisorId(id)];
      return below === undefined
        ? []
        : [{ kind, significant, after, supervisor: supervisorStatus(below, now) }];
    }),
  };
}
