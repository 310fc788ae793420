import { credentials, ServerCredentials, type ChannelCredentials } from '@grpc/grpc-js';
import { checkServerIdentity, createSecureContext, type ConnectionOptions } from 'node:tls';
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

/** How every connection between the host and one process is secured, in both directions. */
export interface Security {
  readonly transport: Transport;
  readonly channel: ChannelCredentials;
  /** For servers that the plugin dials; `null` when the host has no certificate to serve with. */
  readonly server: ServerCredentials | null;
  /** What a connection needs beside its address; `null` for connections in the clear. */
  readonly tls: (ConnectionOptions & { readonly servername: string }) | null;
}

export function inTheClear(): Security {
  return {
    transport: 'plaintext',
    channel: credentials.createInsecure(),
    server: ServerCredentials.createInsecure(),
    tls: null,
  };
}

/** AutoMTLS: each side trusts the one certificate that it was told, and no other. */
export function pinned(identity: Identity, pluginCertificate: Uint8Array): Security {
  const root = certificatePem(pluginCertificate);
  const secureContext = createSecureContext({
    ca: root,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    minVersion: 'TLSv1.2',
    // Go takes a pinned certificate whoever signed it; OpenSSL would look for the signer.
    allowPartialTrustChain: true,
  });
  const checkIdentity: NonNullable<ConnectionOptions['checkServerIdentity']> = (name, certificate) =>
    certificate.raw.equals(pluginCertificate)
      ? checkServerIdentity(name, certificate)
      : new Error('the certificate is signed by the announced one, but is another');
  return {
    transport: 'mtls',
    channel: credentials.createFromSecureContext(secureContext, { checkServerIdentity: checkIdentity }),
    server: ServerCredentials.createSsl(
      Buffer.from(root),
      [
        {
          cert_chain: Buffer.from(identity.certificatePem),
          private_key: Buffer.from(identity.privateKeyPem),
        },
      ],
      true,
    ),
    tls: { secureContext, servername: certificateHost, checkServerIdentity: checkIdentity },
  };
}

/** The embedder's own TLS. Servers for the plugin need the host's own certificate. */
export function manual(options: ManualTls): Security {
  const { rootCertificates, serverName, certificate, privateKey } = options;
  const secureContext = createSecureContext({
    ca: rootCertificates,
    cert: certificate,
    key: privateKey,
    minVersion: 'TLSv1.2',
  });
  const hasIdentity = certificate !== undefined && privateKey !== undefined;
  return {
    transport: hasIdentity ? 'mtls' : 'tls',
    channel: credentials.createFromSecureContext(secureContext),
    server: hasIdentity
      ? ServerCredentials.createSsl(
          Buffer.from(rootCertificates),
          [{ cert_chain: Buffer.from(certificate), private_key: Buffer.from(privateKey) }],
          true,
        )
      : null,
    tls: { secureContext, servername: serverName },
  };
}
