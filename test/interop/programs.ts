/** A program that nobody here wrote, and what of it this host uses. */
export interface InteropProgram {
  /** The name of its tests' `describe`. */
  readonly name: string;
  readonly features: readonly string[];
}

/** Each example is run in the clear and over mutual TLS, with a socket for each connection and with one for all. */
const everyWay = 'in the clear and over mutual TLS, multiplexed and not';

export const programs = {
  helper: {
    name: "go-plugin's own test helper",
    features: [
      'handshake',
      'version negotiation',
      'unix sockets',
      'mutual TLS',
      'TLS with given certificates',
      'health',
      'unary calls',
      'streams in both directions',
      'hclog records',
      'panics',
      'GRPCStdio',
      'GRPCController',
      'sinks',
      'stdin',
      'checksums',
      'socket groups',
      'reattaching',
      'the broker, in both directions, also over mutual TLS',
      'multiplexing, also with the broker and over mutual TLS',
    ],
  },
  kv: {
    name: 'examples/grpc/plugin-go-grpc',
    features: ['unary calls', 'errors', 'working directory', everyWay],
  },
  negotiated: {
    name: 'examples/negotiated/plugin-go',
    features: ['version negotiation', 'unary calls', everyWay],
  },
  streaming: { name: 'examples/streaming/plugin', features: ['client streams', 'server streams', everyWay] },
  bidirectional: {
    name: 'examples/bidirectional/plugin-go-grpc',
    features: ['the broker: calls from the plugin to the host', everyWay],
  },
} as const satisfies Record<string, InteropProgram>;
