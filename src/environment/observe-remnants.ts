import { bundleMark, lookAtProcess, takesConnections, type ScannedBundle } from '../effects/index.js';
import type { PluginRecord, ProcessRecord, ReattachConfig } from '../model/index.js';
import { decideRestoration, mayBeAdopted, type Observation, type Restoration } from '../policy/index.js';
import type { ResolvedOptions } from './options.js';
import { within } from './within.js';

/** What an earlier host has left of a plugin, and what is to be done about it. */
export interface Remnant {
  readonly record: PluginRecord;
  readonly restoration: Restoration;
}

/** How long an address may take to answer that it takes connections; it is one of this machine. */
const connectDeadlineMs = 2000;

/** Looks at what is left of each plugin, and decides what becomes of it. */
export async function observeRemnants(
  records: readonly PluginRecord[],
  scanned: readonly ScannedBundle[],
  options: ResolvedOptions,
): Promise<ReadonlyMap<string, Remnant>> {
  const found = new Map(scanned.map((one) => [one.id, one]));
  const remnants = records.map(async (record): Promise<[string, Remnant]> => {
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
  const seen = await lookAtProcess(process);
  const isWorthIt = seen === 'known' && mayBeAdopted(process, orphans);
  return {
    process: seen,
    bundle: isWorthIt ? await compare(process, found, options) : whether(found),
    connects: isWorthIt && (await connects(process?.reattach ?? null)),
    sameTerms: process !== null && offers(options, process),
    orphans,
  };
}

function whether(found: ScannedBundle | undefined): 'missing' | 'invalid' | 'same' {
  if (found === undefined) return 'missing';
  return found.ok ? 'same' : 'invalid';
}

/** A bundle that cannot be compared with what it was counts as another one. */
async function compare(
  process: ProcessRecord | null,
  found: ScannedBundle | undefined,
  { settings }: ResolvedOptions,
): Promise<Observation['bundle']> {
  if (found === undefined || !found.ok) return whether(found);
  const mark = await bundleMark(found.bundle, settings.hostEnv);
  return mark !== null && mark === process?.bundle ? 'same' : 'changed';
}

async function connects(reattach: ReattachConfig | null): Promise<boolean> {
  if (reattach === null) return false;
  return (await within(connectDeadlineMs, takesConnections(reattach))) === true;
}

function offers({ settings }: ResolvedOptions, { reattach, transport }: ProcessRecord): boolean {
  const { mode } = settings.tls;
  const isSecured = transport === 'plaintext' ? mode === 'off' || mode === 'auto' : mode === 'manual';
  return isSecured && settings.handshake.protocolVersions.includes(reattach?.protocolVersion ?? -1);
}
