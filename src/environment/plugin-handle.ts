import { credentials, type ChannelInterface, type Client, type ClientOptions } from '@grpc/grpc-js';
import type { PluginStatus } from '../model/index.js';

/** The constructor of a grpc-js client: generated, from `loadPackageDefinition`, or from `makeClientConstructor`. */
export type ClientConstructor<C extends Client = Client> = new (
  address: string,
  channelCredentials: ReturnType<typeof credentials.createInsecure>,
  options?: ClientOptions,
) => C;

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
}

export function createPluginHandle(
  id: string,
  channel: ChannelInterface,
  status: () => PluginStatus,
): Plugin {
  return {
    id,
    status,
    channel,
    client: (Ctor, options) =>
      new Ctor(channel.getTarget(), credentials.createInsecure(), { ...options, channelOverride: channel }),
  };
}
