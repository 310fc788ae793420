import { readdirSync, readFileSync } from 'node:fs';
import type { Environment, PluginStatus, SupervisorStatus } from '../../src/index.js';

/** How long a process may be there that no status names: it is on its way out, or has just been made. */
const graceMs = 20_000;

/** Holds the promises of the tree against what is there. */
export interface SoakMonitor {
  readonly violations: readonly string[];
  readonly restarts: () => number;
  /** The longest time that a wanted plugin was not healthy, in milliseconds. */
  readonly longestOutageMs: () => number;
  /** The times from a fault that breaks a plugin to when it was found, in milliseconds. */
  readonly detectionsMs: readonly number[];
  /** A fault that breaks this plugin is being done. */
  expectFailure(id: string): void;
  /** Looks at the process table and at the tree. */
  poll(): void;
  close(): void;
}

export function createSoakMonitor(
  env: Environment,
  restartIntensity: { intensity: number; periodMs: number },
): SoakMonitor {
  const violations: string[] = [];
  const newest = new Map<string, PluginStatus>();
  const expectedFailures = new Map<string, number>();
  const downSince = new Map<string, number>();
  const restartsAt = new Map<string, number[]>();
  const unnamedProcesses = new Map<number, number>();
  const detectionsMs: number[] = [];
  let restarts = 0;
  let longestOutageMs = 0;

  const countRestart = ({ id, restarts: counted }: PluginStatus, now: number): void => {
    restarts += 1;
    // An activation begins anew, and so does what is counted here.
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
    const fell = expectedFailures.get(id);
    if (fell !== undefined && ['stopping', 'crashed'].includes(status.state)) {
      if (status.error !== null) detectionsMs.push(now - fell);
      expectedFailures.delete(id);
    }
    if (status.state === 'restarting' && from === 'crashed') countRestart(status, now);
    if (!status.wanted || status.state === 'healthy') {
      longestOutageMs = Math.max(longestOutageMs, now - (downSince.get(id) ?? now));
      downSince.delete(id);
    } else if (!downSince.has(id)) downSince.set(id, now);
  });

  const lookAtStatuses = (statuses: readonly PluginStatus[]): void => {
    for (const status of statuses) {
      const reported = newest.get(status.id);
      if (
        reported !== undefined &&
        (reported.state !== status.state || reported.generation !== status.generation)
      )
        violations.push(`${status.id} is ${status.state}, but was told to be ${reported.state}`);
      if (status.state === 'idle' && status.pid !== null)
        violations.push(`${status.id} is idle and has a process`);
    }
  };

  /** Each child of this host is the process of the one generation that its plugin's status names. */
  const lookAtProcesses = (statuses: readonly PluginStatus[]): void => {
    const named = new Set(statuses.map(({ pid }) => pid));
    const now = performance.now();
    const here = pluginProcesses();
    for (const plugin of new Set(here.map((found) => found.plugin))) {
      const pids = here.filter((found) => found.plugin === plugin).map(({ pid }) => pid);
      if (pids.length > 1) violations.push(`${plugin} has ${pids.length} processes at a time`);
    }
    for (const { pid, plugin } of here) {
      if (named.has(pid)) unnamedProcesses.delete(pid);
      else if (!unnamedProcesses.has(pid)) unnamedProcesses.set(pid, now);
      else if (now - (unnamedProcesses.get(pid) ?? now) > graceMs) {
        violations.push(`${plugin} has a process ${pid} that no status names`);
        unnamedProcesses.set(pid, Infinity);
      }
    }
    for (const pid of unnamedProcesses.keys())
      if (!here.some((found) => found.pid === pid)) unnamedProcesses.delete(pid);
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
      lookAtStatuses(statuses);
      lookAtProcesses(statuses);
      if (env.actor.getSnapshot().status === 'error') violations.push('the environment broke');
      for (const { name, state } of supervisorsOf(env.tree()))
        if (state === 'failed') violations.push(`the supervisor ${name} has given up without a budget`);
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

/** This host's own children that carry a plugin's token. */
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
