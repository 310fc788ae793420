import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What tells one process from all others, as its operating system knows it. */
export interface ProcessIdentity {
  /** When it began; only ever compared. `null` where the system does not let us know. */
  readonly startTime: string | null;
  /** Whether it leads a process group, which then has its pid for a number. */
  readonly leadsGroup: boolean;
}

const unknown: ProcessIdentity = { startTime: null, leadsGroup: false };

/**
 * Looks at a process by its pid; `null` when there is none. One that has ended and was not collected by its parent
 * yet (a zombie) is none; one that we may not signal is one.
 *
 * It is not asynchronous on purpose: between this look and the signal that follows it, nothing else may happen.
 */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const seen = process.platform === 'linux' ? readProc(pid) : readPs(pid);
  if (seen === 'unreadable') return pidExists(pid) ? unknown : null;
  return seen;
}

/**
 * Whether a process still runs. Often asked, so outside Linux, where a look at the identity means to start a
 * program, the pid alone is asked for.
 */
export function isSameProcessRunning(pid: number, startTime: string | null): boolean {
  if (process.platform !== 'linux') return pidExists(pid);
  const found = identifyProcess(pid);
  return found !== null && (startTime === null || found.startTime === startTime);
}

/** Reads `/proc/<pid>/stat` (proc_pid_stat(5)). A name may hold anything, so the fields are counted from its end. */
export function identityFromStat(stat: string, bootId: string): ProcessIdentity | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', , group] = fields;
  if (hasEnded(state)) return null;
  const pid = stat.slice(0, stat.indexOf(' '));
  // Ticks since the boot: without the boot, they could hold for another process tomorrow.
  return { startTime: `${fields[19] ?? '?'}@${bootId}`, leadsGroup: group === pid };
}

/** Reads what `ps -o stat=,pgid=,lstart=` prints. */
export function identityFromPs(line: string, pid: number): ProcessIdentity | null {
  const [state = '', group, ...startTime] = line.trim().split(/\s+/);
  if (state === '' || hasEnded(state)) return null;
  return { startTime: startTime.join(' '), leadsGroup: group === String(pid) };
}

function readProc(pid: number): ProcessIdentity | null | 'unreadable' {
  try {
    const bootId = readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
    return identityFromStat(readFileSync(`/proc/${pid}/stat`, 'latin1'), bootId);
  } catch {
    return 'unreadable';
  }
}

function readPs(pid: number): ProcessIdentity | null | 'unreadable' {
  try {
    const line = execFileSync('ps', ['-o', 'stat=,pgid=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    return identityFromPs(line, pid);
  } catch {
    return 'unreadable';
  }
}

function hasEnded(state: string): boolean {
  return state.startsWith('Z') || state.startsWith('X') || state.startsWith('x');
}

function pidExists(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
