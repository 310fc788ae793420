import type { PluginRecord, ProcessRecord, RestorationReason } from '../../model/index.js';
import type { RestartHistory } from './decide-exit.js';

/** What a host finds of a plugin of the previous host. */
export interface Observation {
  /** No process was recorded, it has ended, its pid now belongs to a different process, or it still runs. */
  readonly process: 'none' | 'gone' | 'different' | 'same';
  readonly bundle: 'missing' | 'invalid' | 'changed' | 'same';
  /** Whether its address accepts connections. */
  readonly connects: boolean;
  /** Whether this host still offers the protocol version and the TLS mode that the process uses. */
  readonly sameHandshake: boolean;
  /** Whether processes that outlive their host are ended or kept. */
  readonly orphans: 'end' | 'keep';
}

/** What a host does with a plugin of the previous host, and with its process. */
export interface Restoration {
  /** A process that is ours and cannot be reattached is stopped; any other one is left alone. */
  readonly process: 'leave' | 'stop' | 'reattach';
  readonly plugin: 'reattach' | 'start' | 'stop' | 'giveUp' | 'reject';
  readonly because: RestorationReason;
}

/**
 * Decides what a host does with a plugin of the previous host. A second process is never started beside the first: one
 * that cannot be reattached is stopped, unless another program had started it.
 */
export function decideRestoration(record: PluginRecord, seen: Observation): Restoration {
  const obstacle = adoptionObstacle(record, seen);
  const isOurs = record.process !== null && record.process.token !== null;
  const leftProcess = seen.process === 'same' && isOurs ? 'stop' : 'leave';
  const restore = (plugin: Restoration['plugin'], because: RestorationReason): Restoration => ({
    process: leftProcess,
    plugin,
    because,
  });
  if (!record.wanted) return restore('stop', 'notWanted');
  if (seen.bundle === 'missing') return restore('reject', 'bundleMissing');
  if (seen.bundle === 'invalid') return restore('reject', 'bundleInvalid');
  if (record.gaveUp !== null) return restore('giveUp', 'gaveUp');
  return obstacle === null
    ? { process: 'reattach', plugin: 'reattach', because: 'alive' }
    : restore('start', obstacle);
}

/** Why its process cannot be reattached; `null`: it can. */
function adoptionObstacle({ process }: PluginRecord, seen: Observation): RestorationReason | null {
  if (process === null || seen.process === 'none') return 'noProcess';
  if (seen.process === 'gone') return 'processGone';
  if (seen.process === 'different') return 'pidReused';
  const isOurs = process.token !== null;
  if (isOurs && seen.orphans === 'end') return 'orphansEnd';
  if (process.reattach === null) return process.notReattachable ?? 'starting';
  if (isOurs && seen.bundle === 'changed') return 'bundleChanged';
  if (!seen.sameHandshake) return 'handshakeMismatch';
  return seen.connects ? null : 'unreachable';
}

/** Whether a recorded process may be reattached if its bundle and its address permit it. */
export function isReattachable(process: ProcessRecord | null, orphans: 'end' | 'keep'): boolean {
  return process !== null && process.reattach !== null && (process.token === null || orphans === 'keep');
}

/**
 * The restart history of a plugin from the record of the previous host. `now` is in milliseconds since the epoch. If the
 * wall clock was set back meanwhile, no time counts as passed: a failure counts for too long rather than too short.
 */
export function historyFrom(record: PluginRecord, now: number): RestartHistory {
  const elapsed = Math.max(0, now - record.writtenAt);
  return {
    failures: record.failureAges.map((age) => now - elapsed - age),
    gaveUp: record.halfOpen || record.gaveUp !== null,
  };
}

/** The ages of the failures in a history, in milliseconds, for a record. */
export function failureAgesOf({ failures }: RestartHistory, now: number): readonly number[] {
  return failures.map((at) => Math.max(0, now - at));
}
