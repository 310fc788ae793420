import { identifyProcess, type RunningProcess } from '../effects/index.js';
import { pluginState, type PluginSnapshot } from '../machines/index.js';
import { isPluginError, type PluginRecord, type ProcessRecord, type Unadoptable } from '../model/index.js';
import { agesOf, type RestartMemory } from '../policy/index.js';
import { reattachConfigOf } from './reattach.js';

/** All that is to survive of a plugin, as it is now. The mark of its bundle is added by whoever has it. */
export function recordOf(
  snapshot: PluginSnapshot,
  memory: RestartMemory,
  before: PluginRecord | undefined,
  now: number,
): PluginRecord {
  const { context } = snapshot;
  const { failedReason, failedWithGroup, error } = context;
  const isGivenUp = pluginState(snapshot) === 'failed' && failedReason !== null && !failedWithGroup;
  return {
    plugin: context.bundle.manifest.id,
    wanted: context.wanted,
    generation: context.generation,
    restarts: context.restarts,
    failureAges: agesOf(memory, now),
    // Not `now`: that goes on from the moment at which this host began, also where the clock was wrong by then.
    writtenAt: Date.now(),
    onProbation: memory.gaveUp && !isGivenUp,
    gaveUp: isGivenUp ? { reason: failedReason, error: error === null ? null : plain(error) } : null,
    policy: before?.policy,
    process: processRecordOf(snapshot, before?.process ?? null),
  };
}

function plain({ code, message, hint }: NonNullable<PluginSnapshot['context']['error']>) {
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** Its process, and how to speak with it as soon as it is healthy. Of one in test mode nothing is recorded. */
export function processRecordOf(
  snapshot: PluginSnapshot,
  before: ProcessRecord | null,
): ProcessRecord | null {
  const { process, reattach, handshake, channel } = snapshot.context;
  if (reattach !== null) {
    if (before?.pid === reattach.pid) return before;
    return reattach.test || channel === null ? null : attached(reattach, channel.transport);
  }
  if (process === null) return null;
  if (before?.pid === process.pid && before.reattach !== null) return before;
  const { token, socketDirectory } = process as RunningProcess;
  const { config, unadoptable } = takeable(snapshot);
  return {
    pid: process.pid,
    startTime: identifyProcess(process.pid)?.startTime ?? null,
    token,
    directory: socketDirectory,
    bundle: null,
    transport: channel === null || handshake === null ? null : plainOrTls(channel.transport),
    reattach: config,
    unadoptable,
  };
}

function attached(
  reattach: NonNullable<PluginSnapshot['context']['reattach']>,
  transport: string,
): ProcessRecord {
  const { pid, startTime = null } = reattach;
  const unknown = { token: null, directory: null, bundle: null, unadoptable: null };
  return { ...unknown, pid, startTime, transport: plainOrTls(transport), reattach };
}

function plainOrTls(transport: string): 'plaintext' | 'tls' {
  return transport === 'plaintext' ? 'plaintext' : 'tls';
}

function takeable(snapshot: PluginSnapshot): {
  readonly config: ProcessRecord['reattach'];
  readonly unadoptable: Unadoptable | null;
} {
  try {
    const config = reattachConfigOf(snapshot);
    return { config, unadoptable: config === null ? 'starting' : null };
  } catch (thrown) {
    const isMultiplexed = isPluginError(thrown) && thrown.code === 'MUX_UNSUPPORTED';
    return { config: null, unadoptable: isMultiplexed ? 'oneConnection' : 'keysGone' };
  }
}
