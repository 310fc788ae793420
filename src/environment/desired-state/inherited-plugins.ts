import {
  bundleFingerprint,
  matchRecordedProcess,
  acceptsConnections,
  type ScannedBundle,
} from '../../effects/index.js';
import type { PluginRecord, ProcessRecord, ReattachConfig } from '../../model/index.js';
import { decideRestoration, isReattachable, type Observation, type Restoration } from '../../policy/index.js';
import type { ResolvedOptions } from '../options/resolve-options.js';
import { withTimeout } from '../orphans/with-timeout.js';

/** What a previous host recorded about a plugin, and the decision what to do with it. */
export interface InheritedPlugin {
  readonly record: PluginRecord;
  readonly restoration: Restoration;
}

/** How long a local address may take to accept a connection. */
const connectDeadlineMs = 2000;

/** Observes the process and the bundle of each recorded plugin, and decides what to do with it. */
export async function observeInheritedPlugins(
  records: readonly PluginRecord[],
  scanned: readonly ScannedBundle[],
  options: ResolvedOptions,
): Promise<ReadonlyMap<string, InheritedPlugin>> {
  const found = new Map(scanned.map((bundle) => [bundle.id, bundle]));
  const inherited = records.map(async (record): Promise<[string, InheritedPlugin]> => {
    const observation = await observe(record, found.get(record.plugin), options);
    return [record.plugin, { record, restoration: decideRestoration(record, observation) }];
  });
  return new Map(await Promise.all(inherited));
}

async function observe(
  { process }: PluginRecord,
  found: ScannedBundle | undefined,
  options: ResolvedOptions,
): Promise<Observation> {
  const { orphans } = options;
  const match = await matchRecordedProcess(process);
  const mayReattach = match === 'same' && isReattachable(process, orphans);
  return {
    process: match,
    bundle: mayReattach ? await compareBundle(process, found, options) : bundlePresence(found),
    connects: mayReattach && (await acceptsInTime(process?.reattach ?? null)),
    sameHandshake: process !== null && offersSameHandshake(options, process),
    orphans,
  };
}

function bundlePresence(found: ScannedBundle | undefined): 'missing' | 'invalid' | 'same' {
  if (found === undefined) return 'missing';
  return found.ok ? 'same' : 'invalid';
}

/** A bundle without a fingerprint then or now counts as changed. */
async function compareBundle(
  process: ProcessRecord | null,
  found: ScannedBundle | undefined,
  { settings }: ResolvedOptions,
): Promise<Observation['bundle']> {
  if (found === undefined || !found.ok) return bundlePresence(found);
  const fingerprint = await bundleFingerprint(found.bundle, settings.hostEnv);
  return fingerprint !== null && fingerprint === process?.bundleFingerprint ? 'same' : 'changed';
}

async function acceptsInTime(reattach: ReattachConfig | null): Promise<boolean> {
  if (reattach === null) return false;
  return (await withTimeout(connectDeadlineMs, acceptsConnections(reattach))) === true;
}

function offersSameHandshake({ settings }: ResolvedOptions, { reattach, transport }: ProcessRecord): boolean {
  const { mode } = settings.tls;
  const isSecured = transport === 'plaintext' ? mode === 'off' || mode === 'auto' : mode === 'manual';
  return isSecured && settings.handshake.protocolVersions.includes(reattach?.protocolVersion ?? -1);
}
