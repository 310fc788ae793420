import {
  checkServerIdentity,
  createSecureContext,
  type ConnectionOptions,
  type SecureContextOptions,
  type TlsOptions,
} from 'node:tls';
import { certificateHost, certificatePem } from '../../go-plugin/index.js';
import type { Transport } from '../../model/index.js';
import type { Identity } from './identity.js';

/** TLS of the embedder's own, for plugins that bring their own certificates. */
export interface ManualTls {
  /** The certificates, as PEM, one of which the plugin's has to be signed by. */
  readonly rootCertificates: string;
  /** The name that the plugin's certificate is for. */
  readonly serverName: string;
  /** The host's own certificate and its key, as PEM, for plugins that ask for them. */
  readonly certificate?: string | undefined;
  readonly privateKey?: string | undefined;
}

export type ClientTls = ConnectionOptions & { readonly servername: string };

/** TLS of the host's own servers, and the one certificate that they take; `null`: any that the options let pass. */
export interface ServerTls {
  readonly options: TlsOptions;
  readonly pinned: Uint8Array | null;
}

/** How every connection between the host and one process is secured, in both directions. */
export interface Security {
  readonly transport: Transport;
  /** For connections to the plugin, beside its address; `null`: in the clear. */
  readonly tls: ClientTls | null;
  /** For connections of the plugin's; `null`: in the clear; `none`: the host has no certificate to serve with. */
  readonly server: ServerTls | 'none' | null;
}

export function plaintext(): Security {
  return { transport: 'plaintext', tls: null, server: null };
}

/** AutoMTLS: each side trusts the one certificate that it was told, and no other. */
export function pinnedMutualTls(identity: Identity, pluginCertificate: Uint8Array): Security {
  const material: SecureContextOptions = {
    ca: certificatePem(pluginCertificate),
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    // Go takes a pinned certificate whoever signed it; OpenSSL would look for the signer.
    allowPartialTrustChain: true,
  };
  const checkIdentity: NonNullable<ConnectionOptions['checkServerIdentity']> = (name, certificate) =>
    certificate.raw.equals(pluginCertificate)
      ? checkServerIdentity(name, certificate)
      : new Error('the certificate is signed by the announced one, but is another');
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

/** The embedder's own TLS. Servers for the plugin need the host's own certificate. */
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

/** How long a client may take over its TLS handshake, in milliseconds: as long as go-plugin waits for a connection. */
const handshakeTimeout = 5000;

const mutual = {
  requestCert: true,
  rejectUnauthorized: true,
  ALPNProtocols: ['h2'],
  handshakeTimeout,
} satisfies TlsOptions;
