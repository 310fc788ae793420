import { Channel, connectivityState, credentials } from '@grpc/grpc-js';
import { Observable } from 'rxjs';
import { dialTarget } from '../go-plugin/index.js';
import type { ChannelHandle, DialFact } from '../machines/plugin.effects.js';
import type { Handshake } from '../model/index.js';
import { createCallTally, type CallTally } from './grpc/call-tally.js';
import type { RunningProcess } from './process.js';

/** The connection to one generation as the other effects see it. */
export interface GenerationChannel extends ChannelHandle {
  readonly grpc: Channel;
  /** The embedder's calls; our own probes and hooks are not counted. */
  readonly calls: CallTally;
}

const channelOptions = {
  // go-plugin hosts set no limit; grpc-js would refuse messages over 4 MiB.
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  // Proxy variables must not capture loopback connections.
  'grpc.enable_http_proxy': 0,
  // A socket path as authority is refused by some servers.
  'grpc.default_authority': 'localhost',
  // Some plugins print their line slightly before they accept.
  'grpc.initial_reconnect_backoff_ms': 20,
  'grpc.max_reconnect_backoff_ms': 200,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.service_config_disable_resolution': 1,
};

/**
 * Connects to the address of a handshake. Refused connections are tried again until the subscriber has had
 * enough; the connection then lives until the process ends.
 */
export function dial(input: {
  readonly process: RunningProcess;
  readonly handshake: Handshake;
}): Observable<DialFact> {
  return new Observable((subscriber) => {
    const { handshake, process } = input;
    const grpc = new Channel(dialTarget(handshake), credentials.createInsecure(), channelOptions);
    const close = (): void => {
      grpc.close();
    };
    process.scope.add(close);

    const watch = (): void => {
      if (subscriber.closed) return;
      const state = grpc.getConnectivityState(true);
      if (state === connectivityState.READY) {
        const channel = describe(grpc, handshake);
        subscriber.next({ type: 'channel.ready', channel });
        subscriber.complete();
      } else if (state !== connectivityState.SHUTDOWN) {
        grpc.watchConnectivityState(state, Infinity, watch);
      }
    };
    watch();
  });
}

function describe(grpc: Channel, handshake: Handshake): GenerationChannel & { toJSON(): unknown } {
  const address = `${handshake.network}:${handshake.address}`;
  const transport = 'plaintext';
  return { grpc, address, transport, calls: createCallTally(), toJSON: () => ({ address, transport }) };
}
