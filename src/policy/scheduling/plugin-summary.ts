import type { PluginState } from '../../model/index.js';

/** Where a plugin is, as far as its turn to start or to leave depends on it. */
export interface PluginSummary {
  readonly state: PluginState;
  readonly wanted: boolean;
  /** What it waits for before its next start; `null`: not for its turn. */
  readonly queued: string | null;
  /** Whether its group keeps it down. */
  readonly isSuspended: boolean;
}

export type PluginSummaryOf = (plugin: string) => PluginSummary;

export function isStarting({ state }: PluginSummary): boolean {
  return state === 'spawning' || state === 'handshaking';
}

/** A start needs no process before it; one that is being spawned for nobody may go on. */
export function mayStart({ state }: PluginSummary): boolean {
  return !hasProcess(state) || state === 'spawning';
}

/** Whether it is up, or will come up if all goes well. */
export function isExpected({ state, wanted }: PluginSummary): boolean {
  return wanted && state !== 'failed';
}

const withProcess: readonly PluginState[] = ['spawning', 'handshaking', 'healthy', 'stopping'];

/** Whether a process exists in a state, or is being made. */
export function hasProcess(state: PluginState): boolean {
  return withProcess.includes(state);
}
