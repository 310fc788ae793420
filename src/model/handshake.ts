/** The two sides' agreement on who they are: go-plugin's magic cookie and application versions. */
export interface HandshakeConfig {
  /** The environment variable that tells a program that it runs as a plugin of this host. Not a secret. */
  readonly cookieKey: string;
  readonly cookieValue: string;
  /** The application protocol versions that the host can speak. */
  readonly protocolVersions: readonly number[];
}

/** What a plugin's one line on stdout says. */
export interface Handshake {
  readonly coreVersion: 1;
  readonly appVersion: number;
  readonly network: 'unix' | 'tcp';
  /** A socket path, or `host:port`. */
  readonly address: string;
  readonly protocol: 'grpc' | 'netrpc';
  /** The plugin's certificate as DER, where it offered one. */
  readonly certificate: Uint8Array | null;
  /** Field 7: whether one socket carries every connection. */
  readonly multiplexed: boolean;
}
