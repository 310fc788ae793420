import type { ReattachConfig } from '../../model/index.js';
import { identifyProcess } from './process-identity.js';

/**
 * Signals a process that another host has started, if its start time is given and still the same. Its group is signalled
 * only if it leads one; any other group belongs to its parent.
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
    // It has ended since, or belongs to another user; the caller polls for its end in any case.
  }
}
