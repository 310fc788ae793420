import { credentials, ServerCredentials, type ChannelCredentials } from '@grpc/grpc-js';
import { X509Certificate } from 'node:crypto';
import { certificatePem } from '../go-plugin/index.js';
import { messageOf, PluginError } from '../model/index.js';
import { makeIdentity } from '../effects/tls/identity.js';

/** Whether the plugin speaks mutual TLS: with a host that offers it, with no other host, or never. */
export type PluginMtls = 'auto' | 'required' | 'off';

/** The same for the main connection and every brokered one, in both directions. */
export interface Security {
  /** Field 6 of the handshake line; empty in the clear. */
  readonly announced: string;
  readonly server: ServerCredentials;
  readonly channel: ChannelCredentials;
}

const inTheClear: Security = {
  announced: '',
  server: ServerCredentials.createInsecure(),
  channel: credentials.createInsecure(),
};

/**
 * Answers the certificate that the host offers in PLUGIN_CLIENT_CERT with one of its own. Rejects where the plugin
 * insists on one, and where it is unreadable: a host that asked for TLS must not get less.
 */
export async function agreeOnSecurity(mtls: PluginMtls, offered = ''): Promise<Security> {
  if (mtls === 'off') return inTheClear;
  if (offered !== '') return secured(readCertificate(offered));
  if (mtls === 'auto') return inTheClear;
  throw new PluginError({
    code: 'MTLS_UNSUPPORTED',
    message: 'The plugin requires mutual TLS, and the host does not offer it: PLUGIN_CLIENT_CERT is not set.',
    hint: "Let the host offer it (mtls: 'auto' or 'required'), or serve with mtls: 'auto'.",
  });
}

async function secured(host: Buffer): Promise<Security> {
  const own = await makeIdentity('P-256', Date.now());
  const [key, certificate] = [own.privateKeyPem, own.certificatePem].map((pem) => Buffer.from(pem)) as [
    Buffer,
    Buffer,
  ];
  return {
    // Go's reader refuses the padding.
    announced: Buffer.from(own.certificate).toString('base64').replace(/=+$/, ''),
    server: ServerCredentials.createSsl(host, [{ private_key: key, cert_chain: certificate }], true),
    channel: credentials.createSsl(host, key, certificate),
  };
}

function readCertificate(pem: string): Buffer {
  try {
    return Buffer.from(certificatePem(new X509Certificate(pem).raw));
  } catch (cause) {
    throw new PluginError({
      code: 'CERTIFICATE_INVALID',
      message: `PLUGIN_CLIENT_CERT is no certificate in PEM: ${messageOf(cause)}.`,
      hint: 'Let the host hand over its certificate with its line breaks, or switch its mutual TLS off.',
      cause,
    });
  }
}
