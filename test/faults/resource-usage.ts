import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** The resources of this process. */
export interface ResourceUsage {
  readonly files: number;
  readonly sockets: number;
  /** Handles and timers that keep the event loop alive. */
  readonly resources: number;
  readonly children: number;
  readonly zombies: number;
  /** Listeners on `process`. */
  readonly listeners: number;
  /** The used heap in bytes, after a full garbage collection. */
  readonly heap: number;
}

/** Counts the resources of this process after a full garbage collection. */
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

/** Twice, as objects with a finalizer are only freed by the next collection. */
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
      // The descriptor that read the directory is closed by now.
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

/** The growth per value of a series, by least squares. */
export function slope(values: readonly number[]): number {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const middle = (values.length - 1) / 2;
  const weight = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  return weight === 0
    ? 0
    : values.reduce((sum, value, index) => sum + (index - middle) * (value - mean), 0) / weight;
}
