import type { ReattachConfig } from '../../model/index.js';
import { identifyProcess } from './process-identity.js';

/**
 * Signals a process that somebody else has started, if it is known to be the one that was meant: its start time was
 * given and holds at this moment. Its group is signalled only if it leads one; any other group is its parent's.
 */
export function signalSameProcess(
  config: Pick<ReattachConfig, 'pid' | 'startTime' | 'test'>,
  signal: NodeJS.Signals,
): void {
  const { pid, startTime, test } = config;
  if (test || startTime === undefined) return;
  const found = identifyProcess(pid);
  if (found?.startTime !== startTime) return;
  try {
    process.kill(found.leadsGroup ? -pid : pid, signal);
  } catch {
    // It has ended since, or it is not ours to signal; either is seen by whoever waits for its end.
  }
}
