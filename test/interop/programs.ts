/** A third-party plugin program, and the parts of it that this host uses. */
export interface InteropProgram {
  readonly madeFrom: 'goPlugin' | 'python' | 'grpcio';
  /** The name of its tests' `describe`. */
  readonly name: string;
  readonly features: readonly string[];
}

/** Each example runs with plaintext and with mutual TLS, with a socket for each connection and with one for all. */
const everyWay = 'plaintext and mutual TLS, with and without multiplexing';

export const programs = {
  helper: {
    madeFrom: 'goPlugin',
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
    madeFrom: 'goPlugin',
    name: 'examples/grpc/plugin-go-grpc',
    features: ['unary calls', 'errors', 'working directory', everyWay],
  },
  negotiated: {
    madeFrom: 'goPlugin',
    name: 'examples/negotiated/plugin-go',
    features: ['version negotiation', 'unary calls', everyWay],
  },
  streaming: {
    madeFrom: 'goPlugin',
    name: 'examples/streaming/plugin',
    features: ['client streams', 'server streams', everyWay],
  },
  bidirectional: {
    madeFrom: 'goPlugin',
    name: 'examples/bidirectional/plugin-go-grpc',
    features: ['the broker: calls from the plugin to the host', everyWay],
  },
  python: {
    madeFrom: 'python',
    name: 'Python plugins with the helper package',
    features: [
      'mutual TLS with P-256 and P-384',
      'the broker, in both directions, also over mutual TLS',
      'version negotiation',
      'GRPCStdio',
      'GRPCController',
      'hooks',
      'log records',
      'multiplexing declined',
    ],
  },
  barePython: {
    madeFrom: 'grpcio',
    name: 'a Python plugin on grpcio alone',
    features: ['TCP', 'health', 'unary calls', 'errors', 'server streams', 'ended by SIGTERM', 'no AutoMTLS'],
  },
} as const satisfies Record<string, InteropProgram>;
