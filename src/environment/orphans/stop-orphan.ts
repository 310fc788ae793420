import { filter, firstValueFrom, interval, map, race, startWith, take, timer } from 'rxjs';
import {
  removeInheritedDirectory,
  signalSameProcess,
  isSameProcessRunning,
  type Guard,
} from '../../effects/index.js';
import type { ProcessRecord } from '../../model/index.js';
import { withTimeout } from './with-timeout.js';

/** How often a process that is not a child of this host is polled for its exit. */
const pollIntervalMs = 20;
/** How long a killed process may take to exit: the kernel frees its memory first. */
const killDeadlineMs = 2000;
/** How long the start of plugins waits for one scan of all processes; the scan then goes on in the background. */
const reapDeadlineMs = 10_000;

/** The scope and the token that a plugin's process shares with its children; `null` without a token. */
export function processToken({
  token,
}: ProcessRecord): { readonly scope: string; readonly token: string } | null {
  const [scope, number] = token?.split('.') ?? [];
  return scope === undefined || number === undefined ? null : { scope, token: `${scope}.${number}` };
}

/**
 * Stops an orphan process and its children: SIGTERM, after `termMs` milliseconds SIGKILL. A `termMs` of 0 skips SIGTERM.
 * A process that has got the pid meanwhile receives no signal.
 */
export async function stopOrphan(process: ProcessRecord, guard: Guard, termMs: number): Promise<void> {
  const { pid, startTime, socketDirectory } = process;
  if (startTime === null) return;
  const target = { pid, startTime, test: false };
  if (termMs > 0) {
    signalSameProcess(target, 'SIGTERM');
    await whenExited(pid, startTime, termMs);
  }
  signalSameProcess(target, 'SIGKILL');
  const ownToken = processToken(process);
  if (ownToken !== null) await reapByToken(ownToken, guard);
  await whenExited(pid, startTime, killDeadlineMs);
  if (socketDirectory !== null) removeInheritedDirectory(socketDirectory);
}

/**
 * Kills every process with the token; resolves with their pids. The guardian does not keep the event loop alive, so
 * without the timer of the deadline a host with nothing else to do would exit here.
 */
export async function reapByToken(
  { scope, token }: { readonly scope: string; readonly token: string },
  guard: Guard,
): Promise<readonly number[]> {
  return (await withTimeout(reapDeadlineMs, guard.reap(scope, token))) ?? [];
}

async function whenExited(pid: number, startTime: string, deadlineMs: number): Promise<void> {
  const exited = interval(pollIntervalMs).pipe(
    startWith(0),
    filter(() => !isSameProcessRunning(pid, startTime)),
    take(1),
  );
  await firstValueFrom(race(exited, timer(deadlineMs)).pipe(map(() => undefined)));
}
