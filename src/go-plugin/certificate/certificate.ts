import {
  bitString,
  explicit,
  implicit,
  integer,
  objectIdentifier,
  octetString,
  sequence,
  setOf,
  time,
  utf8String,
  booleanTrue,
} from './der.js';

/** The elliptic curves that a certificate's key may lie on, with the hash that goes with each signature. */
export const curves = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' } as const;

export type Curve = keyof typeof curves;

/** What is particular to one certificate; everything else is the same in all of them. */
export interface CertificateTemplate {
  readonly curve: Curve;
  /** The public key as SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  /** A name for the key, of any 20 bytes that belong to no other. */
  readonly keyId: Uint8Array;
  /** Up to 16 random bytes. */
  readonly serial: Uint8Array;
  /** In milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The name that both sides verify, whatever the address is. */
export const certificateHost = 'localhost';

const organisation = 'Espalier';

/**
 * A self-signed certificate as go-plugin's AutoMTLS wants it: for `localhost`, and fit for both ends of a
 * connection, as brokered connections turn client and server around. `sign` answers with ECDSA's DER.
 */
export function makeCertificate(draft: CertificateTemplate, sign: (body: Uint8Array) => Uint8Array): Buffer {
  const algorithm = sequence(objectIdentifier(signatureAlgorithms[draft.curve]));
  const body = certificateBody(draft, algorithm);
  return sequence(body, algorithm, bitString(sign(body)));
}

/** A certificate as the text that goes into PLUGIN_CLIENT_CERT. */
export function certificatePem(der: Uint8Array): string {
  const lines = Buffer.from(der)
    .toString('base64')
    .replace(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

const signatureAlgorithms: Readonly<Record<Curve, string>> = {
  'P-256': '1.2.840.10045.4.3.2',
  'P-384': '1.2.840.10045.4.3.3',
  'P-521': '1.2.840.10045.4.3.4',
};

function certificateBody(draft: CertificateTemplate, algorithm: Buffer): Buffer {
  const version3 = explicit(0, integer(Uint8Array.of(2)));
  const name = sequence(nameAttribute('2.5.4.10', organisation), nameAttribute('2.5.4.3', certificateHost));
  const validity = sequence(time(draft.notBefore), time(draft.notAfter));
  return sequence(
    version3,
    integer(draft.serial),
    algorithm,
    name,
    validity,
    name,
    draft.publicKey,
    explicit(3, extensions(draft.keyId)),
  );
}

function nameAttribute(type: string, value: string): Buffer {
  return setOf(sequence(objectIdentifier(type), utf8String(value)));
}

function extensions(keyId: Uint8Array): Buffer {
  const isAuthority = sequence(booleanTrue());
  // digitalSignature, keyEncipherment, keyAgreement and keyCertSign: bits 0, 2, 4 and 5.
  const keyUsage = bitString(Uint8Array.of(0b1010_1100), 2);
  const clientAndServer = sequence(
    objectIdentifier('1.3.6.1.5.5.7.3.2'),
    objectIdentifier('1.3.6.1.5.5.7.3.1'),
  );
  const dnsName = sequence(implicit(2, Buffer.from(certificateHost)));
  return sequence(
    criticalExtension('2.5.29.19', isAuthority),
    criticalExtension('2.5.29.15', keyUsage),
    extension('2.5.29.37', clientAndServer),
    extension('2.5.29.14', octetString(keyId)),
    extension('2.5.29.17', dnsName),
  );
}

function extension(type: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(type), octetString(value));
}

function criticalExtension(type: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(type), booleanTrue(), octetString(value));
}
