/** What host and plugin must agree on: go-plugin's magic cookie and the application versions. */
export interface HandshakeConfig {
  /** The environment variable by which a program knows that it runs as a plugin of this host. Not a secret. */
  readonly cookieKey: string;
  /** The value of that variable. */
  readonly cookieValue: string;
  /** The application versions that the host supports. */
  readonly protocolVersions: readonly number[];
}

/** The fields of a plugin's handshake line on stdout. */
export interface Handshake {
  readonly coreVersion: 1;
  readonly appVersion: number;
  readonly network: 'unix' | 'tcp';
  /** A socket path, or `host:port`. */
  readonly address: string;
  readonly protocol: 'grpc' | 'netrpc';
  /** The plugin's certificate as DER; `null` when it sent none. */
  readonly certificate: Uint8Array | null;
  /** Field 7: whether all connections are multiplexed over one socket. */
  readonly multiplexed: boolean;
}
