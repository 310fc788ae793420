import { Channel, type ChannelOptions } from '@grpc/grpc-js';
import { rmSync } from 'node:fs';
import { certificateHost, checkAddress, parseTcpAddress, type Announcement } from '../go-plugin/index.js';
import type { HostVariables } from './role.js';
import type { Security } from './security.js';

/** The networks on which a plugin can listen. */
export type PluginNetwork = 'unix' | 'tcp';

/** What is the same for every connection of one plugin, main and brokered. */
export interface Endpoint {
  readonly network: PluginNetwork;
  readonly variables: HostVariables;
  readonly security: Security;
  /** The plugin's own options of grpc-js. */
  readonly options: ChannelOptions;
  /** The paths of the sockets that are open, to be removed by the end of the process. */
  readonly sockets: Set<string>;
}

const anySize = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };

/** gRPC channel arguments for a server of the plugin: messages of any size, unless the options limit them. */
export function serverOptions({ options }: Endpoint): ChannelOptions {
  return { ...anySize, ...options };
}

/** A channel to where the host serves. Throws NETWORK_UNSUPPORTED for an address that cannot be dialled. */
export function channelTo({ network, address }: Announcement, { security, options }: Endpoint): Channel {
  const problem = checkAddress(network, address);
  if (problem !== null) throw problem;
  return new Channel(targetOf(network, address), security.channel, {
    ...anySize,
    'grpc.ssl_target_name_override': certificateHost,
    'grpc.default_authority': certificateHost,
    // A proxy for the way to the internet has no place between a host and its plugin.
    'grpc.enable_http_proxy': 0,
    ...options,
  });
}

/** A process that ends in the middle of its work leaves no socket behind either. */
export function removeSockets({ sockets }: Endpoint): void {
  for (const path of sockets) rmSync(path, { force: true });
}

function targetOf(network: string, address: string): string {
  if (network === 'unix') return `unix:${address}`;
  const tcp = parseTcpAddress(address);
  if (!tcp.ok) return address;
  return tcp.host.includes(':') ? `[${tcp.host}]:${tcp.port}` : `${tcp.host}:${tcp.port}`;
}
