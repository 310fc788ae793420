import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What distinguishes a process from every other one, by the operating system. */
export interface ProcessIdentity {
  /** When it began, in a form that is only to be compared; `null` where the system does not show it. */
  readonly startTime: string | null;
  /** Whether it leads a process group; the number of that group is then its pid. */
  readonly leadsGroup: boolean;
}

const unknown: ProcessIdentity = { startTime: null, leadsGroup: false };

/**
 * Identifies the process with a pid; `null` when there is none. A zombie, which has ended and was not reaped by its parent
 * yet, counts as none; a process of another user counts.
 *
 * Synchronous on purpose: no event may be handled between this check and the signal that follows it.
 */
export function identifyProcess(pid: number): ProcessIdentity | null {
  const identity = process.platform === 'linux' ? readProc(pid) : readPs(pid);
  if (identity === 'unreadable') return pidExists(pid) ? unknown : null;
  return identity;
}

/**
 * Whether a process still runs. Called often, so outside Linux, where reading the start time takes a child process, only
 * the pid is checked.
 */
export function isSameProcessRunning(pid: number, startTime: string | null): boolean {
  if (process.platform !== 'linux') return pidExists(pid);
  const found = identifyProcess(pid);
  return found !== null && (startTime === null || found.startTime === startTime);
}

/** Parses `/proc/<pid>/stat` (proc_pid_stat(5)). A name may contain any character, so the fields are counted from its end. */
export function identityFromStat(stat: string, bootId: string): ProcessIdentity | null {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const [state = '', , group] = fields;
  if (hasEnded(state)) return null;
  const pid = stat.slice(0, stat.indexOf(' '));
  // The start time is in ticks since the boot, so it identifies a process only together with the boot.
  return { startTime: `${fields[19] ?? '?'}@${bootId}`, leadsGroup: group === pid };
}

/** Parses the output of `ps -o stat=,pgid=,lstart=`. */
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
