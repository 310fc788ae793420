import type { ProcessHandle } from '../../machines/effects.js';
import type { RunningProcess } from '../process/runner.js';
import type { SocketDirectory } from '../socket/socket-directory.js';
import type { Identity } from '../tls/identity.js';

/** The process of a plugin: that of its runner, with what the host has made for it. */
export interface PluginProcess extends RunningProcess, ProcessHandle {
  /** The host's side of AutoMTLS; `null` when it was not offered. */
  readonly identity: Identity | null;
  /** The token in its environment; `null` for a process that was reattached. */
  readonly token: string | null;
  /** Where the sockets between the host and this process are. */
  readonly sockets: SocketDirectory;
}
