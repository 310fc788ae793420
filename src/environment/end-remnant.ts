import { filter, firstValueFrom, interval, map, race, startWith, take, timer } from 'rxjs';
import { removeKeptDirectory, signalAttached, stillRuns, type Guard } from '../effects/index.js';
import type { ProcessRecord } from '../model/index.js';
import { within } from './within.js';

/** How often it is looked whether a process has ended that is not a child of ours. */
const lookIntervalMs = 20;
/** How long a killed process may take to be gone: the kernel frees its memory first. */
const killDeadlineMs = 2000;
/** How long a look at all processes may hold up what is to be started after it; it goes on without that. */
const huntDeadlineMs = 10_000;

/** The part of a token that all processes of one plugin's process share. */
export function tokenOf({ token }: ProcessRecord): { readonly scope: string; readonly token: string } | null {
  const [scope, number] = token?.split('.') ?? [];
  return scope === undefined || number === undefined ? null : { scope, token: `${scope}.${number}` };
}

/**
 * Ends a process that nobody may take over, and what it has started: by SIGTERM, and after `termMs` by SIGKILL. Each
 * signal goes only to the process that is meant, whoever has its pid by then.
 */
export async function endRemnant(process: ProcessRecord, guard: Guard, termMs: number): Promise<void> {
  const { pid, startTime, directory } = process;
  if (startTime === null) return;
  const target = { pid, startTime, test: false };
  if (termMs > 0) {
    signalAttached(target, 'SIGTERM');
    await whenGone(pid, startTime, termMs);
  }
  signalAttached(target, 'SIGKILL');
  const carried = tokenOf(process);
  if (carried !== null) await huntDown(carried, guard);
  await whenGone(pid, startTime, killDeadlineMs);
  if (directory !== null) removeKeptDirectory(directory);
}

/**
 * Ends whoever carries a token. The guardian keeps no host alive: without the deadline, a host that has nothing but
 * this to wait for would end here.
 */
export async function huntDown(
  { scope, token }: { readonly scope: string; readonly token: string },
  guard: Guard,
): Promise<readonly number[]> {
  return (await within(huntDeadlineMs, guard.hunt(scope, token))) ?? [];
}

async function whenGone(pid: number, startTime: string, deadlineMs: number): Promise<void> {
  const gone = interval(lookIntervalMs).pipe(
    startWith(0),
    filter(() => !stillRuns(pid, startTime)),
    take(1),
  );
  await firstValueFrom(race(gone, timer(deadlineMs)).pipe(map(() => undefined)));
}
