import type { AnyActorRef } from 'xstate';
import { hasProcess, type ChildSummary, type Progress } from '../../policy/index.js';
import { pluginRef, supervisorRef, type PluginRef, type ActorRegistry } from '../actor-registry.js';
import { pluginState } from '../plugin/status.js';
import type { Child, ChildSummaryOf, SupervisorContext } from './types.js';

/** One that has no actor: nothing runs, and nobody wants it. */
const absentChild: ChildSummary = {
  isRunning: false,
  isStopping: false,
  isWanted: false,
  isSuspended: false,
  isActive: false,
  progress: 'stopped',
};

/**
 * Reads from the snapshots of children where they are. True where nothing is under way between actors: whoever
 * decides by it waits until all that is being told has been heard.
 */
export function childSummariesIn(system: ActorRegistry): ChildSummaryOf {
  return ({ kind, id }) => {
    if (kind === 'plugin') {
      const plugin = pluginRef(system, id);
      return plugin === undefined ? absentChild : summarizePlugin(plugin);
    }
    const supervisor = supervisorRef(system, id);
    return supervisor === undefined ? absentChild : summarizeSupervisor(supervisor, childSummariesIn(system));
  };
}

function summarizePlugin(ref: PluginRef): ChildSummary {
  const snapshot = ref.getSnapshot();
  const state = pluginState(snapshot);
  const { wanted, suspended, queued } = snapshot.context;
  const runs = hasProcess(state);
  const isExpected = wanted && queued === null && state !== 'failed';
  return {
    isRunning: runs,
    isStopping: state === 'stopping' || (state === 'spawning' && !wanted),
    isWanted: wanted,
    isSuspended: suspended !== null,
    isActive: runs || (wanted && state !== 'failed'),
    progress:
      suspended !== null ? 'pending' : state === 'healthy' ? 'running' : isExpected ? 'starting' : 'stopped',
  };
}

const progressByState: Readonly<Record<string, Progress>> = {
  running: 'running',
  suspended: 'pending',
  failed: 'stopped',
  stopping: 'stopped',
};

function summarizeSupervisor(ref: AnyActorRef, summaryOf: ChildSummaryOf): ChildSummary {
  const { value, context } = ref.getSnapshot() as { value: unknown; context: SupervisorContext };
  const state = supervisorState(value);
  const children = context.children.map((child: Child) => summaryOf(child));
  return {
    isRunning: children.some(({ isRunning }) => isRunning),
    isStopping: false,
    isWanted: true,
    isSuspended: state === 'suspended',
    isActive: children.some(({ isActive }) => isActive),
    progress: progressByState[state] ?? 'starting',
  };
}

/** The one flat word for the state of a supervisor. */
export function supervisorState(value: unknown): string {
  return typeof value === 'string' ? value : (Object.keys(value as object)[0] ?? '');
}
