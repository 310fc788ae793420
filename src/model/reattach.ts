import type { Handshake } from './handshake.js';

/** All that a host needs to attach to a plugin that runs already: go-plugin's reattach data, and one fact of ours. */
export interface ReattachConfig {
  /** go-plugin knows `netrpc` too, and means it where nothing is said; Espalier does not speak it. */
  readonly protocol: 'grpc';
  /** The application protocol version that was negotiated when the plugin was started. */
  readonly protocolVersion: number;
  readonly addr: {
    readonly network: Handshake['network'];
    /** A socket path, or `host:port`. */
    readonly string: string;
  };
  readonly pid: number;
  /** Whether the plugin belongs to somebody else, a debugger for example: it is never signalled nor shut down. */
  readonly test: boolean;
  /**
   * When the process began, as its operating system tells it; only ever compared. A pid may have been given to
   * another process since, so a process is signalled only if this was given and still holds.
   */
  readonly startTime?: string | undefined;
}
