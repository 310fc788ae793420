import { ServerCredentials } from '@grpc/grpc-js';
import { randomBytes } from 'node:crypto';
import { makeIdentity, type Identity } from '../../src/effects/tls/identity.js';

/**
 * How a plugin uses TLS. Default: not at all. `answers`: AutoMTLS on request. The others are faults.
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
  | 'trusts-everyone'
  | 'brings-its-own';

export interface ServerTls {
  readonly credentials: ServerCredentials;
  /** Field 6 of the handshake line. */
  readonly announced: string;
  /** The credentials of its broker's dials and brokered servers. */
  readonly own: { readonly identity: Identity; readonly host: string } | null;
}

const plaintext: ServerTls = { credentials: ServerCredentials.createInsecure(), announced: '', own: null };

/** The common name of go-plugin's certificates; a host must accept it although its own differs. */
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
    case 'trusts-everyone':
      return { ...served, credentials: ServerCredentials.createSsl(null, [pairOf(own)], false) };
    case 'trusts-another':
      return { ...served, credentials: credentialsOf(own, other.certificatePem) };
  }
}

/** Server credentials that accept only the holder of the host's key. */
export function credentialsOf(identity: Identity, host: string): ServerCredentials {
  return ServerCredentials.createSsl(Buffer.from(host), [pairOf(identity)], true);
}

function pairOf({ certificatePem, privateKeyPem }: Identity) {
  return { cert_chain: Buffer.from(certificatePem), private_key: Buffer.from(privateKeyPem) };
}

/** Manual TLS: the certificate, its key, and the CA of client certificates, as PEM. */
function credentialsOfEnvironment(): ServerCredentials {
  const { FAKE_CERTIFICATE = '', FAKE_PRIVATE_KEY = '', FAKE_CLIENT_ROOTS } = process.env;
  const pair = { cert_chain: Buffer.from(FAKE_CERTIFICATE), private_key: Buffer.from(FAKE_PRIVATE_KEY) };
  const roots = FAKE_CLIENT_ROOTS === undefined ? null : Buffer.from(FAKE_CLIENT_ROOTS);
  return ServerCredentials.createSsl(roots, [pair], roots !== null);
}

function base64(der: Uint8Array): string {
  return Buffer.from(der).toString('base64').replace(/=+$/, '');
}

/** Changes the name after the signature, which no host verifies before the name. */
function renamed(der: Uint8Array): Buffer {
  return Buffer.from(Buffer.from(der).toString('latin1').replaceAll('localhost', 'elsewhere'), 'latin1');
}
