import type { PluginStatus } from '../../model/index.js';
import { hasProcess } from '../../policy/index.js';
import type { SimulatedEnvironment } from '../environment-controls.js';

/** The invariants of each plugin at every moment, by their text. */
const invariants: Readonly<Record<string, (status: PluginStatus, isRunning: boolean) => boolean>> = {
  'a plugin has a process only in the states that have one': ({ state }, isRunning) =>
    !isRunning || hasProcess(state),
  'a healthy plugin has a process': ({ state }, isRunning) => state !== 'healthy' || isRunning,
  'a plugin has a pid exactly while its process runs': ({ state, pid }) =>
    pid === null ? !['handshaking', 'healthy', 'stopping'].includes(state) : hasProcess(state),
  'only a healthy plugin is ready': ({ state, ready }) => !ready || state === 'healthy',
  'a restarting plugin is wanted': ({ state, wanted }) => state !== 'restarting' || wanted,
  'an idle plugin is not wanted': ({ state, wanted }) => state !== 'idle' || !wanted,
  'a plugin has a retry time exactly while a retry is due': ({ state, retryAt }) =>
    (retryAt !== null) === (state === 'restarting') || state === 'failed',
};

/** The first violated invariant as a sentence; `null` when all hold. */
export function violatedInvariant({ env, processes }: SimulatedEnvironment): string | null {
  const running = new Set(processes());
  for (const status of env.statuses())
    for (const [invariant, holds] of Object.entries(invariants))
      if (!holds(status, running.has(status.id)))
        return `${status.id}: not true that ${invariant} (it is ${status.state}).`;
  return null;
}
