import type { Observable } from 'rxjs';
import type { ChannelHandle } from '../../machines/effects.js';
import type { PluginError } from '../../model/index.js';
import type { BrokerChannel } from '../broker/routes.js';
import type { CallCounter } from '../grpc/call-counter.js';
import type { Http2Channel } from '../http2/channel.js';
import type { PluginProcess } from '../launch/plugin-process.js';
import type { RpcChannel } from '../rpc/rpc-channel.js';

/** The connection to one generation of a plugin, as the effects see it. */
export interface GenerationChannel extends ChannelHandle, RpcChannel, BrokerChannel {
  readonly grpc: Http2Channel;
  /** The embedder's calls; those of the host itself are not counted. */
  readonly calls: CallCounter;
  readonly process: PluginProcess;
  /** Emits once when this connection has ended and there can be no other. */
  readonly lost: Observable<PluginError>;
}
