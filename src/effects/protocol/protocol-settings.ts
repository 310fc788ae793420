import type { HandshakeConfig } from '../../model/index.js';
import type { TlsSettings } from '../tls/security.js';

/** What the host offers to every plugin and expects of it. */
export interface ProtocolSettings {
  readonly handshake: HandshakeConfig;
  readonly tls: TlsSettings;
  /** Whether one socket carries every connection: not offered, used where a plugin can, or required. */
  readonly multiplex: 'auto' | 'required' | 'off';
  /** The group that plugins give their sockets to, as the embedder named it. */
  readonly socketGroup: string | undefined;
  /** The ports of plugins that listen on TCP. */
  readonly ports: { readonly minPort?: number | undefined; readonly maxPort?: number | undefined };
}
