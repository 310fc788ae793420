import type { PluginStatus } from '../../model/index.js';
import type { SimulatedEnvironment } from '../simulated-environment.js';

const statesWithProcess = ['spawning', 'handshaking', 'healthy', 'stopping'];

/** What Espalier promises of each plugin at every moment, in words, and whether it holds. */
const invariants: Readonly<Record<string, (status: PluginStatus, hasProcess: boolean) => boolean>> = {
  'a plugin has a process only in the states that have one': ({ state }, hasProcess) =>
    !hasProcess || statesWithProcess.includes(state),
  'a healthy plugin has a process': ({ state }, hasProcess) => state !== 'healthy' || hasProcess,
  'a pid is told exactly while a process runs': ({ state, pid }) =>
    pid === null
      ? !['handshaking', 'healthy', 'stopping'].includes(state)
      : statesWithProcess.includes(state),
  'only a healthy plugin is ready': ({ state, ready }) => !ready || state === 'healthy',
  'a plugin that waits for its restart is wanted': ({ state, wanted }) => state !== 'restarting' || wanted,
  'a plugin that rests is not wanted': ({ state, wanted }) => state !== 'idle' || !wanted,
  'a time for the next try is told exactly where one is due': ({ state, retryAt }) =>
    (retryAt !== null) === (state === 'restarting') || state === 'failed',
};

/** The first promise of Espalier's own that does not hold right now, in a sentence; `null` when all of them do. */
export function violatedInvariant({ env, processes }: SimulatedEnvironment): string | null {
  const running = new Set(processes());
  for (const status of env.statuses())
    for (const [sentence, holds] of Object.entries(invariants))
      if (!holds(status, running.has(status.id)))
        return `${status.id}: not true that ${sentence} (it is ${status.state}).`;
  return null;
}
