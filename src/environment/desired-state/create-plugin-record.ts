import { identifyProcess, type PluginProcess } from '../../effects/index.js';
import { pluginState, type PluginSnapshot } from '../../machines/index.js';
import {
  isPluginError,
  type PluginRecord,
  type ProcessRecord,
  type NotReattachableReason,
} from '../../model/index.js';
import { failureAgesOf, type RestartHistory } from '../../policy/index.js';
import { reattachConfigOf } from '../calls/reattach-plugin.js';

/** The record of a plugin in its current state. The recorder adds the fingerprint of its bundle. */
export function createPluginRecord(
  snapshot: PluginSnapshot,
  history: RestartHistory,
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
    failureAges: failureAgesOf(history, now),
    // Not `now`: that counts from the start of this host, when the wall clock may have been wrong.
    writtenAt: Date.now(),
    halfOpen: history.gaveUp && !isGivenUp,
    gaveUp: isGivenUp ? { reason: failedReason, error: error === null ? null : errorRecord(error) } : null,
    policy: before?.policy,
    process: createProcessRecord(snapshot, before?.process ?? null),
  };
}

function errorRecord({ code, message, hint }: NonNullable<PluginSnapshot['context']['error']>) {
  return { code, message, ...(hint !== undefined && { hint }) };
}

/**
 * The record of the process, with its reattach data as soon as it is healthy; `null` for a process in test mode, which
 * belongs to a debugger.
 */
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
  const { token, sockets } = process as PluginProcess;
  const { config, notReattachable } = reattachability(snapshot);
  return {
    pid: process.pid,
    startTime: identifyProcess(process.pid)?.startTime ?? null,
    token,
    socketDirectory: sockets.path,
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
