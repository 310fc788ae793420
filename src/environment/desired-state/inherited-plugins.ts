import {
  bundleFingerprint,
  matchRecordedProcess,
  acceptsConnections,
  type ScannedBundle,
} from '../../effects/index.js';
import type { PluginRecord, ProcessRecord, ReattachConfig } from '../../model/index.js';
import { decideRestoration, mayBeAdopted, type Observation, type Restoration } from '../../policy/index.js';
import type { ResolvedOptions } from '../options/environment-options.js';
import { withTimeout } from '../with-timeout.js';

/** What an earlier host has left of a plugin, and what is to be done about it. */
export interface InheritedPlugin {
  readonly record: PluginRecord;
  readonly restoration: Restoration;
}

/** How long an address may take to answer that it takes connections; it is one of this machine. */
const connectDeadlineMs = 2000;

/** Looks at what is left of each plugin, and decides what becomes of it. */
export async function observeInheritedPlugins(
  records: readonly PluginRecord[],
  scanned: readonly ScannedBundle[],
  options: ResolvedOptions,
): Promise<ReadonlyMap<string, InheritedPlugin>> {
  const found = new Map(scanned.map((one) => [one.id, one]));
  const remnants = records.map(async (record): Promise<[string, InheritedPlugin]> => {
    const seen = await observe(record, found.get(record.plugin), options);
    return [record.plugin, { record, restoration: decideRestoration(record, seen) }];
  });
  return new Map(await Promise.all(remnants));
}

async function observe(
  { process }: PluginRecord,
  found: ScannedBundle | undefined,
  options: ResolvedOptions,
): Promise<Observation> {
  const { orphans } = options;
  const seen = await matchRecordedProcess(process);
  const mayReattach = seen === 'same' && mayBeAdopted(process, orphans);
  return {
    process: seen,
    bundle: mayReattach ? await compareBundle(process, found, options) : bundlePresence(found),
    connects: mayReattach && (await answersInTime(process?.reattach ?? null)),
    sameTerms: process !== null && offersSameHandshake(options, process),
    orphans,
  };
}

function bundlePresence(found: ScannedBundle | undefined): 'missing' | 'invalid' | 'same' {
  if (found === undefined) return 'missing';
  return found.ok ? 'same' : 'invalid';
}

/** A bundle that cannot be compared with what it was counts as another one. */
async function compareBundle(
  process: ProcessRecord | null,
  found: ScannedBundle | undefined,
  { settings }: ResolvedOptions,
): Promise<Observation['bundle']> {
  if (found === undefined || !found.ok) return bundlePresence(found);
  const mark = await bundleFingerprint(found.bundle, settings.hostEnv);
  return mark !== null && mark === process?.bundleFingerprint ? 'same' : 'changed';
}

async function answersInTime(reattach: ReattachConfig | null): Promise<boolean> {
  if (reattach === null) return false;
  return (await withTimeout(connectDeadlineMs, acceptsConnections(reattach))) === true;
}

function offersSameHandshake({ settings }: ResolvedOptions, { reattach, transport }: ProcessRecord): boolean {
  const { mode } = settings.tls;
  const isSecured = transport === 'plaintext' ? mode === 'off' || mode === 'auto' : mode === 'manual';
  return isSecured && settings.handshake.protocolVersions.includes(reattach?.protocolVersion ?? -1);
}
