import { Channel } from '@grpc/grpc-js';
import { certificateHost, dialTarget } from '../../go-plugin/index.js';
import type { Handshake } from '../../model/index.js';
import type { Security } from '../tls/security.js';

const channelOptions = {
  // go-plugin hosts set no limit; grpc-js would refuse messages over 4 MiB.
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // Proxy variables must not capture loopback connections.
  'grpc.enable_http_proxy': 0,
  // Some plugins print their line slightly before they accept.
  'grpc.initial_reconnect_backoff_ms': 20,
  'grpc.max_reconnect_backoff_ms': 200,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
};

/** A channel to where a plugin serves, be it the main address or a brokered one. It connects when it is asked to. */
export function openChannel(
  address: Pick<Handshake, 'network' | 'address'>,
  { channel, tls }: Security,
): Channel {
  const name = tls?.servername ?? certificateHost;
  return new Channel(dialTarget(address), channel, {
    ...channelOptions,
    // A socket path as authority is refused by some servers.
    'grpc.default_authority': name,
    'grpc.ssl_target_name_override': name,
  });
}
