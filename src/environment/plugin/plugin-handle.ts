import {
  type ChannelInterface,
  type Client,
  type ClientOptions,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { createPluginClient, type PluginChannel } from '../../effects/index.js';
import type { PluginStatus } from '../../model/index.js';
import type { Broker } from './plugin-broker.js';
import type { ClientConstructor, VersionedServices } from '../options/versioned-services.js';
import { findService } from './dispense.js';

/** A client without typed methods, as `loadPackageDefinition` makes it. */
export type ServiceClient = InstanceType<ServiceClientConstructor>;

/** A handle of one plugin, valid until the plugin is removed. */
export interface Plugin {
  readonly id: string;
  /** The current status. Throws PLUGIN_NOT_FOUND after the plugin was removed. */
  status(): PluginStatus;
  /**
   * The channel to the healthy generation. While there is none, calls fail with UNAVAILABLE; calls whose metadata sets
   * `waitForReady` wait for the next one until their deadline.
   */
  readonly channel: ChannelInterface;
  /** Creates a client of a service. It stays valid across restarts. */
  client<C extends Client>(Ctor: ClientConstructor<C>, options?: ClientOptions): C;
  /**
   * Creates a client of a service by its name in the option `versions`, from the set of the negotiated version. It stays
   * valid across restarts; dispense again when a restart negotiated another version.
   *
   * @throws PluginError PLUGIN_NOT_RUNNING before a version is negotiated, APP_VERSION_MISMATCH when only another
   * version has the service, CONFIG_INVALID when none has.
   */
  dispense(name: string, options?: ClientOptions): ServiceClient;
  /** Connections beside the main one, in both directions. */
  readonly broker: Broker;
}

/** Creates the handle of a plugin over its channel. */
export function createPluginHandle(
  id: string,
  channel: PluginChannel,
  status: () => PluginStatus,
  versions: VersionedServices,
  broker: Broker,
): Plugin {
  const client: Plugin['client'] = (Ctor, options) => createPluginClient(Ctor, channel, options);
  return {
    id,
    status,
    channel,
    broker,
    client,
    dispense: (name, options) => client(findService(name, versions, status()), options) as ServiceClient,
  };
}
