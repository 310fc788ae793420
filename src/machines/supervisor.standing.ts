import type { AnyActorRef } from 'xstate';
import { hasProcess, type ChildStanding, type Progress } from '../policy/index.js';
import { pluginRef, supervisorRef, type PluginRef, type Registry } from './hosting.js';
import { pluginState } from './plugin.status.js';
import type { Child, ChildStandingOf, SupervisorContext } from './supervisor.types.js';

/** One that has no actor: nothing runs, and nobody wants it. */
const absent: ChildStanding = {
  runs: false,
  isSinking: false,
  isWanted: false,
  isHeld: false,
  isActive: false,
  progress: 'down',
};

/**
 * Reads from the snapshots of children where they are. True where nothing is under way between actors: whoever
 * decides by it waits until all that is being told has been heard.
 */
export function standingsIn(system: Registry): ChildStandingOf {
  return ({ kind, id }) => {
    if (kind === 'plugin') {
      const plugin = pluginRef(system, id);
      return plugin === undefined ? absent : standingOfPlugin(plugin);
    }
    const supervisor = supervisorRef(system, id);
    return supervisor === undefined ? absent : standingOfSupervisor(supervisor, standingsIn(system));
  };
}

function standingOfPlugin(ref: PluginRef): ChildStanding {
  const snapshot = ref.getSnapshot();
  const state = pluginState(snapshot);
  const { wanted, hold, turn } = snapshot.context;
  const runs = hasProcess(state);
  const isExpected = wanted && turn === null && state !== 'failed';
  return {
    runs,
    isSinking: state === 'stopping' || (state === 'spawning' && !wanted),
    isWanted: wanted,
    isHeld: hold !== null,
    isActive: runs || (wanted && state !== 'failed'),
    progress: hold !== null ? 'waiting' : state === 'healthy' ? 'up' : isExpected ? 'rising' : 'down',
  };
}

const progressIn: Readonly<Record<string, Progress>> = {
  steady: 'up',
  held: 'waiting',
  failed: 'down',
  stopping: 'down',
};

function standingOfSupervisor(ref: AnyActorRef, standing: ChildStandingOf): ChildStanding {
  const { value, context } = ref.getSnapshot() as { value: unknown; context: SupervisorContext };
  const state = supervisorState(value);
  const children = context.children.map((child: Child) => standing(child));
  return {
    runs: children.some(({ runs }) => runs),
    isSinking: false,
    isWanted: true,
    isHeld: state === 'held',
    isActive: children.some(({ isActive }) => isActive),
    progress: progressIn[state] ?? 'rising',
  };
}

/** The one flat word for the state of a supervisor. */
export function supervisorState(value: unknown): string {
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}
