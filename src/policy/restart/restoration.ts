import type { PluginRecord, ProcessRecord, RestorationReason } from '../../model/index.js';
import type { RestartHistory } from './decide-exit.js';

/** What a host finds of a plugin that an earlier one looked after. */
export interface Observation {
  /** `none` was recorded, it is `gone`, its pid belongs to a `stranger`, or it runs and is `known`. */
  readonly process: 'none' | 'gone' | 'different' | 'same';
  readonly bundle: 'missing' | 'invalid' | 'changed' | 'same';
  /** Whether its address takes connections. */
  readonly connects: boolean;
  /** Whether this host still offers the version and the TLS that it speaks. */
  readonly sameTerms: boolean;
  /** What the embedder wants of processes that outlive their host. */
  readonly orphans: 'end' | 'keep';
}

/** What is to be done about a plugin: with the process that it had, and with itself. */
export interface Restoration {
  /** A stranger and what is gone are left; a process that nobody may take over is ended. */
  readonly process: 'leave' | 'end' | 'adopt';
  readonly plugin: 'adopt' | 'start' | 'stop' | 'giveUp' | 'reject';
  readonly because: RestorationReason;
}

/**
 * Decides what becomes of a plugin after its host has. There is never a second process beside one that runs: whatever
 * is known and cannot be taken over is ended. Only what somebody else has started is let go of instead.
 */
export function decideRestoration(record: PluginRecord, seen: Observation): Restoration {
  const obstacle = adoptionObstacle(record, seen);
  const isOurs = record.process !== null && record.process.token !== null;
  const end = seen.process === 'same' && isOurs ? 'end' : 'leave';
  const restore = (plugin: Restoration['plugin'], because: RestorationReason): Restoration => ({
    process: end,
    plugin,
    because,
  });
  if (!record.wanted) return restore('stop', 'notWanted');
  if (seen.bundle === 'missing') return restore('reject', 'bundleMissing');
  if (seen.bundle === 'invalid') return restore('reject', 'bundleInvalid');
  if (record.gaveUp !== null) return restore('giveUp', 'gaveUp');
  return obstacle === null
    ? { process: 'adopt', plugin: 'adopt', because: 'alive' }
    : restore('start', obstacle);
}

/** Why its process cannot be taken over; `null` when it can. */
function adoptionObstacle({ process }: PluginRecord, seen: Observation): RestorationReason | null {
  if (process === null || seen.process === 'none') return 'noProcess';
  if (seen.process === 'gone') return 'processGone';
  if (seen.process === 'different') return 'pidReused';
  const isOurs = process.token !== null;
  if (isOurs && seen.orphans === 'end') return 'orphansEnd';
  if (process.reattach === null) return process.notReattachable ?? 'starting';
  if (isOurs && seen.bundle === 'changed') return 'bundleChanged';
  if (!seen.sameTerms) return 'handshakeMismatch';
  return seen.connects ? null : 'unreachable';
}

/** Whether a recorded process is worth a look at its bundle and its address. */
export function mayBeAdopted(process: ProcessRecord | null, orphans: 'end' | 'keep'): boolean {
  return process !== null && process.reattach !== null && (process.token === null || orphans === 'keep');
}

/**
 * What a supervisor remembers of a plugin, from what an earlier host did. Where the clock on the wall was set back
 * meanwhile, no time has passed: a failure counts rather too long than too short.
 */
export function historyFrom(record: PluginRecord, now: number): RestartHistory {
  const elapsed = Math.max(0, now - record.writtenAt);
  return {
    failures: record.failureAges.map((age) => now - elapsed - age),
    gaveUp: record.halfOpen || record.gaveUp !== null,
  };
}

/** The other way round. */
export function failureAgesOf({ failures }: RestartHistory, now: number): readonly number[] {
  return failures.map((at) => Math.max(0, now - at));
}
