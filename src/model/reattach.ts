import type { Handshake } from './handshake.js';

/** What a host needs to attach to a running plugin: go-plugin's reattach data, and the start time of the process. */
export interface ReattachConfig {
  /** go-plugin also has `netrpc`, which is its default; Espalier does not support it. */
  readonly protocol: 'grpc';
  /** The application version that was negotiated when the plugin was started. */
  readonly protocolVersion: number;
  readonly addr: {
    readonly network: Handshake['network'];
    /** A socket path, or `host:port`. */
    readonly string: string;
  };
  readonly pid: number;
  /** Whether the process belongs to another program, for example a debugger: it is not signalled and not shut down. */
  readonly test: boolean;
  /**
   * The start time of the process as the operating system reports it; only compared for equality. A pid can be reused,
   * so a process is signalled only if its start time is given and matches.
   */
  readonly startTime?: string | undefined;
}
