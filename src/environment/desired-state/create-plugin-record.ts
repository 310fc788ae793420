import { identifyProcess, type RunningProcess } from '../../effects/index.js';
import { pluginState, type PluginSnapshot } from '../../machines/index.js';
import {
  isPluginError,
  type PluginRecord,
  type ProcessRecord,
  type NotReattachableReason,
} from '../../model/index.js';
import { failureAgesOf, type RestartHistory } from '../../policy/index.js';
import { reattachConfigOf } from '../calls/reattach-plugin.js';

/** All that is to survive of a plugin, as it is now. The mark of its bundle is added by whoever has it. */
export function createPluginRecord(
  snapshot: PluginSnapshot,
  memory: RestartHistory,
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
    failureAges: failureAgesOf(memory, now),
    // Not `now`: that goes on from the moment at which this host began, also where the clock was wrong by then.
    writtenAt: Date.now(),
    halfOpen: memory.gaveUp && !isGivenUp,
    gaveUp: isGivenUp ? { reason: failedReason, error: error === null ? null : errorRecord(error) } : null,
    policy: before?.policy,
    process: createProcessRecord(snapshot, before?.process ?? null),
  };
}

function errorRecord({ code, message, hint }: NonNullable<PluginSnapshot['context']['error']>) {
  return { code, message, ...(hint !== undefined && { hint }) };
}

/** Its process, and how to speak with it as soon as it is healthy. Of one in test mode nothing is recorded. */
export function createProcessRecord(
  snapshot: PluginSnapshot,
  before: ProcessRecord | null,
): ProcessRecord | null {
  const { process, reattach, handshake, channel } = snapshot.context;
  if (reattach !== null) {
    if (before?.pid === reattach.pid) return before;
    return reattach.test || channel === null ? null : attachedProcessRecord(reattach, channel.transport);
  }
  if (process === null) return null;
  if (before?.pid === process.pid && before.reattach !== null) return before;
  const { token, socketDirectory } = process as RunningProcess;
  const { config, notReattachable } = reattachability(snapshot);
  return {
    pid: process.pid,
    startTime: identifyProcess(process.pid)?.startTime ?? null,
    token,
    socketDirectory,
    bundleFingerprint: null,
    transport: channel === null || handshake === null ? null : plainOrTls(channel.transport),
    reattach: config,
    notReattachable,
  };
}

function attachedProcessRecord(
  reattach: NonNullable<PluginSnapshot['context']['reattach']>,
  transport: string,
): ProcessRecord {
  const { pid, startTime = null } = reattach;
  const unknown = { token: null, socketDirectory: null, bundleFingerprint: null, notReattachable: null };
  return { ...unknown, pid, startTime, transport: plainOrTls(transport), reattach };
}

function plainOrTls(transport: string): 'plaintext' | 'tls' {
  return transport === 'plaintext' ? 'plaintext' : 'tls';
}

function reattachability(snapshot: PluginSnapshot): {
  readonly config: ProcessRecord['reattach'];
  readonly notReattachable: NotReattachableReason | null;
} {
  try {
    const config = reattachConfigOf(snapshot);
    return { config, notReattachable: config === null ? 'starting' : null };
  } catch (thrown) {
    const isMultiplexed = isPluginError(thrown) && thrown.code === 'MUX_UNSUPPORTED';
    return { config: null, notReattachable: isMultiplexed ? 'multiplexed' : 'autoMtls' };
  }
}
