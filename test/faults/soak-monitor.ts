import { readdirSync, readFileSync } from 'node:fs';
import type { Environment, PluginStatus, SupervisorStatus } from '../../src/index.js';

/** How long a process may exist that is in no status, while it starts or exits, in milliseconds. */
const graceMs = 20_000;

/** Checks invariants of the tree against events and the process table. */
export interface SoakMonitor {
  readonly violations: readonly string[];
  readonly restarts: () => number;
  /** The longest time that a wanted plugin was not healthy, in milliseconds. */
  readonly longestOutageMs: () => number;
  /** The times from a fault that breaks a plugin to when it was found, in milliseconds. */
  readonly detectionsMs: readonly number[];
  /** A fault that breaks this plugin is being injected. */
  expectFailure(id: string): void;
  /** Checks the process table and the tree now. */
  poll(): void;
  close(): void;
}

/** Creates a monitor of an environment; `restartIntensity` is that of its policy. */
export function createSoakMonitor(
  env: Environment,
  restartIntensity: { intensity: number; periodMs: number },
): SoakMonitor {
  const violations: string[] = [];
  const newest = new Map<string, PluginStatus>();
  const expectedFailures = new Map<string, number>();
  const downSince = new Map<string, number>();
  const restartsAt = new Map<string, number[]>();
  const unknownProcesses = new Map<number, number>();
  const detectionsMs: number[] = [];
  let restarts = 0;
  let longestOutageMs = 0;

  const countRestart = ({ id, restarts: counted }: PluginStatus, now: number): void => {
    restarts += 1;
    // An activation resets the restart history.
    const earlier =
      counted <= 1 ? [] : (restartsAt.get(id) ?? []).filter((at) => now - at < restartIntensity.periodMs);
    restartsAt.set(id, [...earlier, now]);
    if (earlier.length + 1 > restartIntensity.intensity)
      violations.push(
        `${id} was restarted ${earlier.length + 1} times within ${restartIntensity.periodMs} ms`,
      );
  };

  const subscription = env.events.subscribe((event) => {
    if (event.type !== 'plugin.status') return;
    const now = performance.now();
    const { status, plugin: id, from } = event;
    newest.set(id, status);
    const failedAt = expectedFailures.get(id);
    if (failedAt !== undefined && ['stopping', 'crashed'].includes(status.state)) {
      if (status.error !== null) detectionsMs.push(now - failedAt);
      expectedFailures.delete(id);
    }
    if (status.state === 'restarting' && from === 'crashed') countRestart(status, now);
    if (!status.wanted || status.state === 'healthy') {
      longestOutageMs = Math.max(longestOutageMs, now - (downSince.get(id) ?? now));
      downSince.delete(id);
    } else if (!downSince.has(id)) downSince.set(id, now);
  });

  const checkStatuses = (statuses: readonly PluginStatus[]): void => {
    for (const status of statuses) {
      const reported = newest.get(status.id);
      if (
        reported !== undefined &&
        (reported.state !== status.state || reported.generation !== status.generation)
      )
        violations.push(`${status.id} is ${status.state}, but its last event said ${reported.state}`);
      if (status.state === 'idle' && status.pid !== null)
        violations.push(`${status.id} is idle and has a process`);
    }
  };

  /** Every child process must be the pid of its plugin's status. */
  const checkProcesses = (statuses: readonly PluginStatus[]): void => {
    const knownPids = new Set(statuses.map(({ pid }) => pid));
    const now = performance.now();
    const running = pluginProcesses();
    for (const plugin of new Set(running.map((found) => found.plugin))) {
      const pids = running.filter((found) => found.plugin === plugin).map(({ pid }) => pid);
      if (pids.length > 1) violations.push(`${plugin} has ${pids.length} processes at a time`);
    }
    for (const { pid, plugin } of running) {
      if (knownPids.has(pid)) unknownProcesses.delete(pid);
      else if (!unknownProcesses.has(pid)) unknownProcesses.set(pid, now);
      else if (now - (unknownProcesses.get(pid) ?? now) > graceMs) {
        violations.push(`${plugin} has a process ${pid} that is in no status`);
        unknownProcesses.set(pid, Infinity);
      }
    }
    for (const pid of unknownProcesses.keys())
      if (!running.some((found) => found.pid === pid)) unknownProcesses.delete(pid);
  };

  return {
    violations,
    restarts: () => restarts,
    longestOutageMs: () => longestOutageMs,
    detectionsMs,
    expectFailure(id) {
      if (!expectedFailures.has(id)) expectedFailures.set(id, performance.now());
    },
    poll() {
      const statuses = env.statuses();
      checkStatuses(statuses);
      checkProcesses(statuses);
      if (env.actor.getSnapshot().status === 'error') violations.push('the environment actor has failed');
      for (const { name, state } of supervisorsOf(env.tree()))
        if (state === 'failed')
          violations.push(`the supervisor ${name} has given up although its restart intensity is unlimited`);
    },
    close() {
      subscription.unsubscribe();
    },
  };
}

function supervisorsOf(status: SupervisorStatus): SupervisorStatus[] {
  const below = status.children.flatMap((child) =>
    child.kind === 'supervisor' ? supervisorsOf(child.supervisor) : [],
  );
  return [status, ...below];
}

/** The child processes of this host that have a plugin's token. */
function pluginProcesses(): { readonly pid: number; readonly plugin: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      const stat = read(`/proc/${pid}/stat`);
      const [state, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(parent) !== process.pid || state === 'Z') return [];
      const token = /(?:^|\0)ESPALIER_TOKEN=[^.]+\.\d+\.([^\0]+)\.\d+\0/.exec(read(`/proc/${pid}/environ`));
      return token === null ? [] : [{ pid: Number(pid), plugin: token[1] ?? '' }];
    });
}

function read(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
