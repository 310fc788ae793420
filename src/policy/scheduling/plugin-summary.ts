import type { PluginError, PluginState } from '../../model/index.js';

/** The state of a plugin, as far as the start scheduler depends on it. */
export interface PluginSummary {
  readonly state: PluginState;
  readonly wanted: boolean;
  /** What it waits for before it starts, for example `startSlot.awaited`; `null`: it is not queued. */
  readonly queued: string | null;
  /** Whether its supervisor has suspended it. */
  readonly isSuspended: boolean;
  readonly error: PluginError | null;
}

/** Reads the present state of a plugin. */
export type PluginSummaryOf = (plugin: string) => PluginSummary;

/** Whether its process is being started. */
export function isStarting({ state }: PluginSummary): boolean {
  return state === 'spawning' || state === 'handshaking';
}

/** Whether it can be started: it has no process, or one that is being spawned, which may go on. */
export function mayStart({ state }: PluginSummary): boolean {
  return !hasProcess(state) || state === 'spawning';
}

/** Whether it is healthy, or will be when its start succeeds. */
export function isExpected({ state, wanted }: PluginSummary): boolean {
  return wanted && state !== 'failed';
}

const withProcess: readonly PluginState[] = ['spawning', 'handshaking', 'healthy', 'stopping'];

/** Whether a process exists or is being spawned in a state. */
export function hasProcess(state: PluginState): boolean {
  return withProcess.includes(state);
}
