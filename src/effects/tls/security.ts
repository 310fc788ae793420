import {
  checkServerIdentity,
  createSecureContext,
  type ConnectionOptions,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls';
import { certificateHost, certificatePem, type Curve } from '../../go-plugin/index.js';
import type { Transport } from '../../model/index.js';
import type { Identity } from './identity.js';

/** What the host requires of its connections: AutoMTLS (offered or required), the embedder's own TLS, or none. */
export type TlsSettings =
  /** `verify`: whether each start tries that the plugin refuses a connection without the host's certificate. */
  | { readonly mode: 'auto' | 'required'; readonly curve: Curve; readonly verify: boolean }
  | { readonly mode: 'manual'; readonly tls: ManualTls }
  | { readonly mode: 'off' };

/** TLS with certificates of the embedder, for plugins that have certificates of their own. */
export interface ManualTls {
  /** The trusted roots, as PEM. */
  readonly rootCertificates: string;
  /** The name in the plugin's certificate. */
  readonly serverName: string;
  /** The host's certificate, as PEM, for plugins that require one. */
  readonly certificate?: string | undefined;
  /** The private key of `certificate`, as PEM. */
  readonly privateKey?: string | undefined;
}

/** TLS of connections to the plugin. */
export type ClientTls = ConnectionOptions & { readonly servername: string };

/** TLS of the host's own servers, and the one certificate that they accept; `null`: every one that the options trust. */
export interface ServerTls {
  readonly options: TlsOptions;
  readonly pinned: Uint8Array | null;
}

/** How every connection between the host and one process is secured, in both directions. */
export interface Security {
  readonly transport: Transport;
  /** For connections to the plugin; `null`: plaintext. */
  readonly tls: ClientTls | null;
  /** For connections from the plugin; `null`: plaintext; `none`: the host has no certificate to serve with. */
  readonly server: ServerTls | 'none' | null;
}

/** No TLS, in either direction. */
export function plaintext(): Security {
  return { transport: 'plaintext', tls: null, server: null };
}

/** AutoMTLS: each side trusts the one certificate that the other one announced. Throws where OpenSSL refuses a key. */
export function pinnedMutualTls(identity: Identity, pluginCertificate: Uint8Array): Security {
  const material: SecureContextOptions = {
    ca: certificatePem(pluginCertificate),
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    // Go accepts a pinned certificate without checking its signer; OpenSSL would look for the signer.
    allowPartialTrustChain: true,
  };
  const checkIdentity: NonNullable<ConnectionOptions['checkServerIdentity']> = (name, certificate) =>
    certificate.raw.equals(pluginCertificate)
      ? checkServerIdentity(name, certificate)
      : new Error('the certificate is signed by the announced one, but is not that one');
  return {
    transport: 'mtls',
    tls: {
      secureContext: createSecureContext(material),
      servername: certificateHost,
      checkServerIdentity: checkIdentity,
    },
    server: { options: { ...material, ...mutual }, pinned: pluginCertificate },
  };
}

/** The same security without the host's certificate: a plugin that verifies its host refuses it. */
export function withoutClientCertificate(security: Security, pluginCertificate: Uint8Array): Security {
  const material: SecureContextOptions = {
    ca: certificatePem(pluginCertificate),
    minVersion: 'TLSv1.2',
    allowPartialTrustChain: true,
  };
  const tls = security.tls && { ...security.tls, secureContext: createSecureContext(material) };
  return { ...security, tls };
}

/** TLS of the embedder. Serving brokered connections needs `certificate`. Throws where OpenSSL refuses the PEM. */
export function manualTls(options: ManualTls): Security {
  const { rootCertificates, serverName, certificate, privateKey } = options;
  const material: SecureContextOptions = {
    ca: rootCertificates,
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.2',
  };
  const hasIdentity = certificate !== undefined && privateKey !== undefined;
  return {
    transport: hasIdentity ? 'mtls' : 'tls',
    tls: { secureContext: createSecureContext(material), servername: serverName },
    server: hasIdentity ? { options: { ...material, ...mutual }, pinned: null } : 'none',
  };
}

/** How long the TLS handshake of a client may take, in milliseconds: as long as go-plugin waits for a connection. */
const handshakeTimeout = 5000;

const mutual = {
  requestCert: true,
  rejectUnauthorized: true,
  ALPNProtocols: ['h2'],
  handshakeTimeout,
} satisfies TlsOptions;
