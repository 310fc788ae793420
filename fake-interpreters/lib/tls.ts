import { ServerCredentials } from '@grpc/grpc-js';
import { randomBytes } from 'node:crypto';
import { makeIdentity, type Identity } from '../../src/effects/tls/identity.js';

/**
 * How a plugin does TLS. Left out: not at all. `answers`: as AutoMTLS wants it, when it is asked.
 * Everything else is a fault of its own.
 */
export type TlsBehaviour =
  | 'answers'
  | 'announces-another'
  | 'announces-garbage'
  | 'announces-unasked'
  | 'announces-nothing'
  | 'announces-only'
  | 'names-another-host'
  | 'trusts-another'
  | 'brings-its-own';

export interface ServerTls {
  readonly credentials: ServerCredentials;
  /** Field 6 of the handshake line. */
  readonly announced: string;
  /** What its own broker dials and brokered servers use. */
  readonly own: { readonly identity: Identity; readonly host: string } | null;
}

const plaintext: ServerTls = { credentials: ServerCredentials.createInsecure(), announced: '', own: null };

/** What go-plugin's own plugins take; a host must not mind that its own is another. */
const curve = 'P-521';

export async function prepareTls(behaviour: TlsBehaviour | undefined): Promise<ServerTls> {
  if (behaviour === 'brings-its-own') return { ...plaintext, credentials: credentialsOfEnvironment() };
  const asked = process.env.PLUGIN_CLIENT_CERT;
  if (behaviour === undefined || (asked === undefined && behaviour !== 'announces-unasked')) {
    return plaintext;
  }
  const own = await makeIdentity(curve, Date.now());
  const other = await makeIdentity(curve, Date.now());
  const host = asked ?? other.certificatePem;
  const announced = base64(own.certificate);
  const served: ServerTls = {
    credentials: credentialsOf(own, host),
    announced,
    own: { identity: own, host },
  };
  switch (behaviour) {
    case 'answers':
    case 'announces-unasked':
      return served;
    case 'announces-another':
      return { ...served, announced: base64(other.certificate) };
    case 'announces-garbage':
      return { ...served, announced: base64(randomBytes(300)) };
    case 'announces-nothing':
      return { ...served, announced: '' };
    case 'announces-only':
      return { ...plaintext, announced };
    case 'names-another-host':
      return { ...served, announced: base64(renamed(own.certificate)) };
    case 'trusts-another':
      return { ...served, credentials: credentialsOf(own, other.certificatePem) };
  }
}

/** A server that takes connections only of the one who has the host's key. */
export function credentialsOf({ certificatePem, privateKeyPem }: Identity, host: string): ServerCredentials {
  const pair = { cert_chain: Buffer.from(certificatePem), private_key: Buffer.from(privateKeyPem) };
  return ServerCredentials.createSsl(Buffer.from(host), [pair], true);
}

/** Manual TLS: the certificate, its key, and whose client certificates are wanted, as PEM. */
function credentialsOfEnvironment(): ServerCredentials {
  const { FAKE_CERTIFICATE = '', FAKE_PRIVATE_KEY = '', FAKE_CLIENT_ROOTS } = process.env;
  const pair = { cert_chain: Buffer.from(FAKE_CERTIFICATE), private_key: Buffer.from(FAKE_PRIVATE_KEY) };
  const roots = FAKE_CLIENT_ROOTS === undefined ? null : Buffer.from(FAKE_CLIENT_ROOTS);
  return ServerCredentials.createSsl(roots, [pair], roots !== null);
}

function base64(der: Uint8Array): string {
  return Buffer.from(der).toString('base64').replace(/=+$/, '');
}

/** The name is changed after the signature, which nobody checks before the name. */
function renamed(der: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(der).toString('latin1').replaceAll('localhost', 'elsewhere'), 'latin1');
}
