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

/** The elliptic curves for the key of a certificate, each with the hash of its signatures. */
export const curves = { 'P-256': 'sha256', 'P-384': 'sha384', 'P-521': 'sha512' } as const;

/** The name of a curve, as Node and OpenSSL use it. */
export type Curve = keyof typeof curves;

/** The variable parts of a certificate. */
export interface CertificateTemplate {
  readonly curve: Curve;
  /** The public key as SubjectPublicKeyInfo, in DER. */
  readonly publicKey: Uint8Array;
  /** The subject key identifier: 20 bytes, unique for the key. */
  readonly keyId: Uint8Array;
  /** Up to 16 random bytes. */
  readonly serial: Uint8Array;
  /** The validity, in milliseconds since the epoch. */
  readonly notBefore: number;
  readonly notAfter: number;
}

/** The name that both sides verify, at any address. */
export const certificateHost = 'localhost';

/** The name that plugins with go-plugin before 1.4.4 verify in brokered connections: the target that they dial. */
const brokeredHostBefore144 = 'unused';

const organisation = 'Espalier';

/**
 * A self-signed certificate as go-plugin's AutoMTLS requires it: for `localhost`, and for both ends of a connection, as
 * in brokered connections the plugin is the client. `sign` returns an ECDSA signature in DER.
 */
export function makeCertificate(
  template: CertificateTemplate,
  sign: (body: Uint8Array) => Uint8Array,
): Buffer {
  const algorithm = sequence(objectIdentifier(signatureAlgorithms[template.curve]));
  const body = certificateBody(template, algorithm);
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

function certificateBody(template: CertificateTemplate, algorithm: Buffer): Buffer {
  const version3 = explicit(0, integer(Uint8Array.of(2)));
  const name = sequence(nameAttribute('2.5.4.10', organisation), nameAttribute('2.5.4.3', certificateHost));
  const validity = sequence(time(template.notBefore), time(template.notAfter));
  return sequence(
    version3,
    integer(template.serial),
    algorithm,
    name,
    validity,
    name,
    template.publicKey,
    explicit(3, extensions(template.keyId)),
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
  const dnsNames = sequence(
    implicit(2, Buffer.from(certificateHost)),
    implicit(2, Buffer.from(brokeredHostBefore144)),
  );
  return sequence(
    criticalExtension('2.5.29.19', isAuthority),
    criticalExtension('2.5.29.15', keyUsage),
    extension('2.5.29.37', clientAndServer),
    extension('2.5.29.14', octetString(keyId)),
    extension('2.5.29.17', dnsNames),
  );
}

function extension(type: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(type), octetString(value));
}

function criticalExtension(type: string, value: Buffer): Buffer {
  return sequence(objectIdentifier(type), booleanTrue(), octetString(value));
}
