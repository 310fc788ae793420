import { identifyProcess, type TlsSettings } from '../../effects/index.js';
import { checkReattachConfig } from '../../go-plugin/index.js';
import { pluginState, type PluginSnapshot } from '../../machines/index.js';
import {
  isPluginError,
  PluginError,
  type Manifest,
  type PluginStatus,
  type ReattachConfig,
} from '../../model/index.js';
import type { RunnableBundle } from '../registry/bundle-registry.js';

/** The manifest of a plugin without a bundle: only `id` is needed. */
export type ReattachManifest = Pick<Manifest, 'id'> & Partial<Manifest>;

/** A bundle for a plugin that this environment can attach to but not start. */
export function attachOnlyBundle({ id, ...manifest }: ReattachManifest): RunnableBundle {
  const { supervision, ...known } = manifest;
  return {
    ok: true,
    id,
    bundle: {
      directory: '',
      manifestPath: '',
      manifest: {
        name: id,
        version: '0.0.0',
        server: {},
        requires: [],
        env: {},
        ...known,
        id,
        supervision: { ...supervision, restart: { ...supervision?.restart, restart: 'temporary' } },
      },
      runtime: 'executable',
      entry: '',
      attachedOnly: true,
    },
  };
}

/** The error of a reattach configuration that cannot be used with these TLS settings, or `null`. */
export function reattachConfigError(config: ReattachConfig, { mode }: TlsSettings): PluginError | null {
  return checkReattachConfig(config) ?? (mode === 'required' ? autoMtlsError() : null);
}

/** The error of reattaching a plugin that has a process or is about to get one, or `null`. */
export function alreadyRunningError({ id, state }: PluginStatus): PluginError | null {
  if (['idle', 'crashed', 'restarting', 'failed'].includes(state)) return null;
  return new PluginError({
    code: 'CONFIG_INVALID',
    plugin: id,
    message: `Plugin ${id} is ${state}: only a plugin that is not running can be reattached.`,
    hint: 'Deactivate it first, or leave it as it is.',
    facts: { state },
  });
}

/**
 * Translates the error of a failed reattach: a process that serves TLS although the reattach data has no certificate was
 * started with AutoMTLS.
 */
export function reattachError(thrown: unknown): unknown {
  return isPluginError(thrown) && thrown.facts['tls'] === 'unannounced'
    ? autoMtlsError().with({ plugin: thrown.plugin, cause: thrown })
    : thrown;
}

/**
 * What another host needs to attach to a plugin's process; `null` unless it is healthy. Throws MUX_UNSUPPORTED or
 * MTLS_UNSUPPORTED when no other host can.
 */
export function reattachConfigOf(snapshot: PluginSnapshot): ReattachConfig | null {
  const { reattach, handshake, process } = snapshot.context;
  if (pluginState(snapshot) !== 'healthy' || handshake === null || process === null) return null;
  if (reattach !== null) return reattach;
  if (handshake.multiplexed) throw multiplexedError().with({ plugin: snapshot.context.bundle.manifest.id });
  if (handshake.certificate !== null)
    throw autoMtlsError().with({ plugin: snapshot.context.bundle.manifest.id });
  const identity = identifyProcess(process.pid);
  if (identity === null) return null;
  return {
    protocol: 'grpc',
    protocolVersion: handshake.appVersion,
    addr: { network: handshake.network, string: handshake.address },
    pid: process.pid,
    test: false,
    ...(identity.startTime !== null && { startTime: identity.startTime }),
  };
}

function multiplexedError(): PluginError {
  return new PluginError({
    code: 'MUX_UNSUPPORTED',
    phase: 'dial',
    message:
      'A multiplexed plugin cannot be reattached: its process accepts only one connection, which this host has used.',
    hint: "Start plugins that are to be reattached with multiplex: 'off'.",
  });
}

function autoMtlsError(): PluginError {
  return new PluginError({
    code: 'MTLS_UNSUPPORTED',
    phase: 'dial',
    message: 'A plugin that uses AutoMTLS cannot be reattached: only the host that started it has the keys.',
    hint: "Start plugins that are to be reattached with mtls: 'off', or with your own certificates (the option tls).",
  });
}
