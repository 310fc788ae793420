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

/** What is known of a plugin without a bundle: its id, and whatever else of a manifest. */
export type ReattachManifest = Pick<Manifest, 'id'> & Partial<Manifest>;

/** A plugin in the place of a bundle that can be attached to and not be started. */
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

/** Why a plugin cannot be reattached with this configuration at all, or `null`. */
export function reattachConfigError(config: ReattachConfig, { mode }: TlsSettings): PluginError | null {
  return checkReattachConfig(config) ?? (mode === 'required' ? autoMtlsError() : null);
}

/** Why a plugin in this state cannot be reattached, or `null`. */
export function alreadyRunningError({ id, state }: PluginStatus): PluginError | null {
  if (['idle', 'crashed', 'restarting', 'failed'].includes(state)) return null;
  return new PluginError({
    code: 'CONFIG_INVALID',
    plugin: id,
    message: `Plugin ${id} is ${state}: only one that does not run can be reattached.`,
    hint: 'Deactivate it first, or leave it as it is.',
    facts: { state },
  });
}

/** A plugin that serves TLS without saying so is, where a handshake line was long ago, one that spoke AutoMTLS. */
export function reattachError(thrown: unknown): unknown {
  return isPluginError(thrown) && thrown.facts['tls'] === 'unannounced'
    ? autoMtlsError().with({ plugin: thrown.plugin, cause: thrown })
    : thrown;
}

/** What another host needs to attach to a plugin's process; `null` unless it is healthy. */
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
      'A plugin that multiplexes cannot be reattached: it takes one connection in its life, and has had it.',
    hint: "Start plugins that are to be reattached under multiplex: 'off'.",
  });
}

function autoMtlsError(): PluginError {
  return new PluginError({
    code: 'MTLS_UNSUPPORTED',
    phase: 'dial',
    message:
      'A plugin that is spoken with over AutoMTLS cannot be reattached: only the host that started it has the keys.',
    hint: "Start plugins that are to be reattached under mtls: 'off', or with certificates of your own (the option tls).",
  });
}
