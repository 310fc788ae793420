import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What this process holds at a moment. */
export interface ResourceUsage {
  readonly files: number;
  readonly sockets: number;
  /** Handles and timers that keep the event loop alive, by kind. */
  readonly resources: number;
  readonly children: number;
  readonly zombies: number;
  /** Listeners on `process`, which lives as long as the host. */
  readonly listeners: number;
  /** In bytes, after a full collection. */
  readonly heap: number;
}

/** Counts what this process holds, after a full collection of garbage. */
export function resourceUsage(): ResourceUsage {
  collectGarbage();
  const files = descriptors();
  const children = childrenOf(process.pid);
  return {
    files: files.length,
    sockets: files.filter((target) => target.startsWith('socket:')).length,
    resources: process.getActiveResourcesInfo().length,
    children: children.length,
    zombies: children.filter(({ state }) => state === 'Z').length,
    listeners: process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0),
    heap: process.memoryUsage().heapUsed,
  };
}

/** Twice, as what has a finalizer is only given back by the next one. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  const gc = runInNewContext('gc') as () => void;
  gc();
  gc();
}

function descriptors(): string[] {
  return readdirSync('/proc/self/fd').flatMap((name) => {
    try {
      return [readlinkSync(`/proc/self/fd/${name}`)];
    } catch {
      // It is the one with which the directory was read.
      return [];
    }
  });
}

function childrenOf(parent: number): { readonly pid: number; readonly state: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
        const [state = '', ppid] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return Number(ppid) === parent ? [{ pid: Number(pid), state }] : [];
      } catch {
        return [];
      }
    });
}

/** By how much a series grows from each value to the next, by least squares. */
export function slope(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  const weight = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return weight === 0
    ? 0
    : values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0) / weight;
}
