import type { AnyActorRef } from 'xstate';
import type { SupervisorState } from '../../model/index.js';
import { hasProcess, type ChildSummary, type Progress } from '../../policy/index.js';
import { pluginRef, supervisorRef, type PluginRef, type ActorRegistry } from '../actor-registry.js';
import { pluginState } from '../plugin/status.js';
import type { Child, ChildSummaryOf, SupervisorContext } from './types.js';

/** A child without an actor. */
const absentChild: ChildSummary = {
  isRunning: false,
  isStopping: false,
  isWanted: false,
  isSuspended: false,
  isActive: false,
  progress: 'stopped',
};

/**
 * Reads the states of children from their snapshots. A snapshot does not yet show events that are still in mailboxes,
 * so decisions that depend on several children wait for `mailboxDrained`.
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
  const isRunning = hasProcess(state);
  const isExpected = wanted && queued === null && state !== 'failed';
  return {
    isRunning,
    isStopping: state === 'stopping' || (state === 'spawning' && !wanted),
    isWanted: wanted,
    isSuspended: suspended !== null,
    isActive: isRunning || (wanted && state !== 'failed'),
    progress:
      suspended !== null ? 'pending' : state === 'healthy' ? 'running' : isExpected ? 'starting' : 'stopped',
  };
}

const progressByState: Readonly<Partial<Record<SupervisorState, Progress>>> = {
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

/** The public state of a supervisor, from the state value of its snapshot: the outer state of the chart. */
export function supervisorState(value: unknown): SupervisorState {
  return (typeof value === 'string' ? value : Object.keys(value as object)[0]) as SupervisorState;
}
