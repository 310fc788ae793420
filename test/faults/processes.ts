import { readdirSync, readFileSync } from 'node:fs';

/**
 * The pids of all processes with this text in their environment: the descendants of a host that gave it to its plugins.
 * Zombies have no environment and are not included.
 */
export function pidsWithMarker(marker: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/environ`).includes(marker));
}

/** The pids of all processes with this text in their command line. */
export function pidsWithCommand(text: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/cmdline`).includes(text));
}

/** The pid of a host's guardian; `null` when there is none. */
export function guardianOf(host: number): number | null {
  return pidsWithCommand(`espalier-guardian-of-${host}\0`)[0] ?? null;
}

/** Polls a condition every 2 ms; resolves with whether it became true within `deadlineMs`. */
export async function waitUntil(condition: () => boolean, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}

/** Sends SIGKILL to processes; the ones that have exited are skipped. */
export function killPids(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has exited.
    }
  }
}

function pids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => pid !== process.pid);
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
