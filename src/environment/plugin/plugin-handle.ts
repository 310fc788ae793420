import type { credentials } from '@grpc/grpc-js';
import {
  type ChannelInterface,
  type Client,
  type ClientOptions,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { createPluginClient, type PluginChannel } from '../../effects/index.js';
import type { PluginStatus } from '../../model/index.js';
import type { Broker } from './plugin-broker.js';
import { findService, type VersionedServices } from './dispense.js';

/** The constructor of a grpc-js client: generated, from `loadPackageDefinition`, or from `makeClientConstructor`. */
export type ClientConstructor<C extends Client = Client> = new (
  address: string,
  channelCredentials: ReturnType<typeof credentials.createInsecure>,
  options?: ClientOptions,
) => C;

/** A client whose methods only the embedder knows: what `loadPackageDefinition` makes. */
export type ServiceClient = InstanceType<ServiceClientConstructor>;

/** One plugin, for as long as the environment knows it. */
export interface Plugin {
  readonly id: string;
  status(): PluginStatus;
  /**
   * The channel to whichever generation is healthy. Calls made while none is fail with UNAVAILABLE, or wait for
   * the next one within their own deadline if their metadata says `waitForReady`.
   */
  readonly channel: ChannelInterface;
  /** A client of a service that the embedder has a definition of. It stays valid over restarts. */
  client<C extends Client>(Ctor: ClientConstructor<C>, options?: ClientOptions): C;
  /**
   * A client of a service by its name in the option `versions`, from the set of the version that was negotiated.
   * It stays valid over restarts, but a plugin that comes back with another version has to be asked again.
   *
   * @throws PluginError PLUGIN_NOT_RUNNING before a version is negotiated, APP_VERSION_MISMATCH when only another
   * version has the service, CONFIG_INVALID when none has.
   */
  dispense(name: string, options?: ClientOptions): ServiceClient;
  /** Connections beside the main one, in both directions. */
  readonly broker: Broker;
}

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
