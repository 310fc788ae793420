import { filter, firstValueFrom, interval, map, race, startWith, take, timer } from 'rxjs';
import {
  removeInheritedDirectory,
  signalSameProcess,
  isSameProcessRunning,
  type Guard,
} from '../../effects/index.js';
import type { ProcessRecord } from '../../model/index.js';
import { withTimeout } from '../with-timeout.js';

/** How often it is looked whether a process has ended that is not a child of ours. */
const pollIntervalMs = 20;
/** How long a killed process may take to be gone: the kernel frees its memory first. */
const killDeadlineMs = 2000;
/** How long a look at all processes may hold up what is to be started after it; it goes on without that. */
const reapDeadlineMs = 10_000;

/** The part of a token that all processes of one plugin's process share. */
export function processToken({
  token,
}: ProcessRecord): { readonly scope: string; readonly token: string } | null {
  const [scope, number] = token?.split('.') ?? [];
  return scope === undefined || number === undefined ? null : { scope, token: `${scope}.${number}` };
}

/**
 * Ends a process that nobody may take over, and what it has started: by SIGTERM, and after `termMs` by SIGKILL. Each
 * signal goes only to the process that is meant, whoever has its pid by then.
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
 * Ends whoever carries a token. The guardian keeps no host alive: without the deadline, a host that has nothing but
 * this to wait for would end here.
 */
export async function reapByToken(
  { scope, token }: { readonly scope: string; readonly token: string },
  guard: Guard,
): Promise<readonly number[]> {
  return (await withTimeout(reapDeadlineMs, guard.reap(scope, token))) ?? [];
}

async function whenExited(pid: number, startTime: string, deadlineMs: number): Promise<void> {
  const gone = interval(pollIntervalMs).pipe(
    startWith(0),
    filter(() => !isSameProcessRunning(pid, startTime)),
    take(1),
  );
  await firstValueFrom(race(gone, timer(deadlineMs)).pipe(map(() => undefined)));
}
