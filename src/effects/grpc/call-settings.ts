import { compressionAlgorithms, type ChannelInterface, type ChannelOptions } from '@grpc/grpc-js';
import { messageLimits } from '../../model/limits.js';

/** What a client asks of all its calls. */
export interface CallSettings {
  /** The longest message that is taken from the server, and the longest that is sent. In bytes, uncompressed. */
  readonly longestReceived: number;
  readonly longestSent: number;
  /** What messages are compressed with. `null`: they are sent as they are, as both ends are on one machine. */
  readonly encoding: 'gzip' | 'deflate' | null;
}

/** What a call is created with: the same as on every channel, what the client asks for, and what it knows of the method. */
export type CallWithSettings = [
  ...call: Parameters<ChannelInterface['createCall']>,
  settings?: CallSettings,
  hasOneResponse?: boolean,
];

/** The settings of a client that sets none: messages up to go-plugin's limit, uncompressed. */
export const defaultCallSettings: CallSettings = {
  longestReceived: messageLimits.message,
  longestSent: messageLimits.message,
  encoding: null,
};

/** The settings of the host's own calls. */
export const hostCallSettings: CallSettings = {
  ...defaultCallSettings,
  longestReceived: messageLimits.hostMessage,
};

/** The settings among a client's options, by the names that grpc-js has for them. */
export function callSettingsOf(options: ChannelOptions): CallSettings {
  const algorithm = options['grpc.default_compression_algorithm'];
  return {
    longestReceived: limitOf(options['grpc.max_receive_message_length']),
    longestSent: limitOf(options['grpc.max_send_message_length']),
    encoding: encodings.get(algorithm) ?? null,
  };
}

const encodings = new Map<unknown, 'deflate' | 'gzip'>([
  [compressionAlgorithms.deflate, 'deflate'],
  [compressionAlgorithms.gzip, 'gzip'],
]);

/** -1 is grpc-js's word for no limit. */
function limitOf(option: number | undefined): number {
  return option === undefined || option < 0 ? messageLimits.message : Math.min(option, messageLimits.message);
}
