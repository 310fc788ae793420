import type { ChannelInterface } from '@grpc/grpc-js';
import type { Duplex } from 'node:stream';
import type { Observable } from 'rxjs';
import type { Security } from '../tls/security.js';

/** Which hooks a plugin implements; `null`: it does not have the service `espalier.v1.PluginHooks`. */
export type HookNames = readonly string[] | null;

/** The connection to a plugin, as far as the host's own calls need it. */
export interface RpcChannel {
  readonly grpc: ChannelInterface;
  /** For example `unix:/run/…/plugin123`. */
  readonly address: string;
  readonly security: Security;
  /** Which hooks the plugin implements; asked with the first health check. Errors where that is not known. */
  readonly hooks: Observable<HookNames>;
  /** Ends the connection, as the plugin exceeded a limit; `what` it sent goes into the error. */
  endForLimit(what: string): void;
  /** Opens one more raw connection to the address of the plugin. */
  connect(): Observable<Duplex>;
}
