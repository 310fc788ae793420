import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { identifyProcess } from '../process/process-identity.js';
import type { OrphanMode } from './guard.js';

/** What a host writes into its private directory, so that a later host can check whether it still runs. */
export interface HostRecord {
  readonly version: 1;
  readonly pid: number;
  /** As `identifyProcess` tells it; `null` where the system does not. */
  readonly startTime: string | null;
  /** The pid namespace in which the pid holds; `null` where there are none. */
  readonly namespace: string | null;
  /** The first part of the tokens of its plugins. */
  readonly scope: string;
  readonly orphans: OrphanMode;
}

const recordName = 'host.json';

/** The path of the host record in a private directory. */
export const recordPath = (root: string): string => join(root, recordName);

/** Writes the record of this process. */
export function writeHostRecord(root: string, scope: string, orphans: OrphanMode): void {
  const record = ownHostRecord(scope, orphans);
  writeFileSync(recordPath(root), `${JSON.stringify(record)}\n`, { mode: 0o600 });
}

/** The record of this process. */
export function ownHostRecord(scope: string, orphans: OrphanMode): HostRecord {
  return {
    version: 1,
    pid: process.pid,
    startTime: identifyProcess(process.pid)?.startTime ?? null,
    namespace: pidNamespace(),
    scope,
    orphans,
  };
}

/** Parses and checks a record; `null` for any other text, such as an incomplete record. */
export function parseHostRecord(text: string): HostRecord | null {
  const record = parseJson(text);
  if (typeof record !== 'object' || record === null) return null;
  const { version, pid, startTime, namespace, scope, orphans } = record as Record<string, unknown>;
  if (version !== 1 || !isPid(pid) || !isTextOrNull(startTime) || !isTextOrNull(namespace)) return null;
  if (typeof scope !== 'string' || !/^[0-9a-f]{10}$/.test(scope)) return null;
  if (orphans !== 'end' && orphans !== 'keep') return null;
  return { version, pid, startTime, namespace, scope, orphans };
}

/**
 * Whether the host of a record is known to have ended. `false` if that is unknown: a pid of
 * another namespace (a container that shares the directory) or of another boot has no meaning here.
 */
export function hostHasEnded({ pid, startTime, namespace }: HostRecord): boolean {
  if (startTime === null || namespace !== pidNamespace()) return false;
  if (bootOf(startTime) !== bootOf(identifyProcess(process.pid)?.startTime ?? '')) return false;
  const found = identifyProcess(pid);
  return found === null || (found.startTime !== null && found.startTime !== startTime);
}

/** The pid namespace of this process; `null` where the system has none. */
export function pidNamespace(): string | null {
  try {
    return readlinkSync('/proc/self/ns/pid');
  } catch {
    return null;
  }
}

/** The boot id in a start time of `identifyProcess`; empty if it has none. */
export const bootOf = (startTime: string): string => startTime.split('@')[1] ?? '';

function isPid(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) > 0;
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return null;
  }
}
