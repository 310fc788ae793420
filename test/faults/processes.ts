import { readdirSync, readFileSync } from 'node:fs';

/**
 * The processes in whose environment a text is, by their pids: everything that a host has started, wherever it went,
 * if the host gave its plugins that text. A zombie has no environment, and is none.
 */
export function pidsWithMarker(mark: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/environ`).includes(mark));
}

/** The processes in whose command line a text is. */
export function pidsWithCommand(text: string): number[] {
  return pids().filter((pid) => read(`/proc/${pid}/cmdline`).includes(text));
}

/** The guardian of a host; `null` when there is none. */
export function guardianOf(host: number): number | null {
  return pidsWithCommand(`espalier-guardian-of-${host}\0`)[0] ?? null;
}

/** Waits until a condition holds, looking every two milliseconds; answers whether it came to hold in time. */
export async function waitUntil(condition: () => boolean, deadlineMs: number): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (!condition()) {
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}

/** Kills what a check has found, so that the next one does not find it again. */
export function killPids(found: readonly number[]): void {
  for (const pid of found) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended by itself.
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
