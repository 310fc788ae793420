import type { HandshakeConfig } from '../../model/index.js';

/** The variables of the protocol beside the cookie. A plugin may get them from its own host only. */
export const protocolVariables = [
  'PLUGIN_MIN_PORT',
  'PLUGIN_MAX_PORT',
  'PLUGIN_PROTOCOL_VERSIONS',
  'PLUGIN_MULTIPLEX_GRPC',
  'PLUGIN_CLIENT_CERT',
  'PLUGIN_UNIX_SOCKET_DIR',
  'PLUGIN_UNIX_SOCKET_GROUP',
] as const;

/** What a host offers to a plugin that it starts. */
export interface ProtocolOffer {
  readonly handshake: HandshakeConfig;
  readonly socketDirectory?: string | undefined;
  /** The group, by name or number, that the plugin gives its sockets to. */
  readonly unixSocketGroup?: string | undefined;
  /** The ports for plugins that listen on TCP. Default: 10000 to 25000, as in go-plugin. */
  readonly minPort?: number | undefined;
  readonly maxPort?: number | undefined;
  readonly multiplexing?: boolean | undefined;
  /** The host's certificate under AutoMTLS. */
  readonly clientCertificatePem?: string | undefined;
}

/**
 * The protocol's part of a plugin's environment. `undefined`: the variable must not be set, also if the host itself has
 * it, as a plugin would take it for an offer of TLS or yamux that this host does not make.
 */
export function protocolEnvironment(offer: ProtocolOffer): Record<string, string | undefined> {
  const { handshake, minPort = 10_000, maxPort = 25_000 } = offer;
  const unlessEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value);
  return {
    [handshake.cookieKey]: handshake.cookieValue,
    PLUGIN_MIN_PORT: String(minPort),
    PLUGIN_MAX_PORT: String(maxPort),
    PLUGIN_PROTOCOL_VERSIONS: handshake.protocolVersions.join(','),
    // Go plugins print field 7 for any value that is not empty, so "false" would not do.
    PLUGIN_MULTIPLEX_GRPC: offer.multiplexing === true ? 'true' : undefined,
    PLUGIN_CLIENT_CERT: unlessEmpty(offer.clientCertificatePem),
    PLUGIN_UNIX_SOCKET_DIR: unlessEmpty(offer.socketDirectory),
    PLUGIN_UNIX_SOCKET_GROUP: unlessEmpty(offer.unixSocketGroup),
  };
}
