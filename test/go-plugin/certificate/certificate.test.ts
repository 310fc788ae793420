import { createHash, generateKeyPairSync, sign, X509Certificate } from 'node:crypto';
import fc from 'fast-check';
import { certificatePem, curves, makeCertificate, type Curve } from '../../../src/go-plugin/index.js';
import { integer, time } from '../../../src/go-plugin/certificate/der.js';

const begin = Date.UTC(2026, 10, 22, 12, 0, 0);
const end = Date.UTC(2056, 10, 22, 0, 0, 0);

function made(curve: Curve, serial = Buffer.from('80ff', 'hex')) {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: curve });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const keyId = createHash('sha1').update(spki).digest();
  const draft = { curve, publicKey: spki, keyId, serial, notBefore: begin, notAfter: end };
  const der = makeCertificate(draft, (body) => sign(curves[curve], body, privateKey));
  return { der, publicKey, privateKey, certificate: new X509Certificate(der) };
}

describe('a certificate for AutoMTLS', () => {
  it.each(['P-256', 'P-384', 'P-521'] as const)(
    'is signed by its own key and fit for both ends: %s',
    (curve) => {
      const { certificate, publicKey, privateKey } = made(curve);
      expect(certificate.verify(publicKey)).toBe(true);
      expect(certificate.checkPrivateKey(privateKey)).toBe(true);
      expect(certificate.checkIssued(certificate)).toBe(true);
      expect(certificate).toMatchObject({
        subject: 'O=Espalier\nCN=localhost',
        issuer: 'O=Espalier\nCN=localhost',
        subjectAltName: 'DNS:localhost, DNS:unused',
        ca: true,
        serialNumber: '80FF',
        validFrom: 'Nov 22 12:00:00 2026 GMT',
        validTo: 'Nov 22 00:00:00 2056 GMT',
      });
      // Its keyUsage in Node is the extended one: clientAuth and serverAuth.
      expect(certificate.keyUsage).toEqual(['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1']);
    },
  );

  it('is the same as PEM text, in lines like those of OpenSSL', () => {
    const { der, certificate } = made('P-256');
    expect(certificatePem(der)).toBe(certificate.toString());
  });

  it('keeps every serial number a positive one', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 16 }), (bytes) => {
        const encoded = integer(bytes);
        const value = encoded.subarray(2);
        expect(value[0]).toBeLessThan(0x80);
        expect(BigInt(`0x${value.toString('hex')}`)).toBe(BigInt(`0x${Buffer.from(bytes).toString('hex')}`));
        // As short as it can be: a leading zero only where it is needed.
        expect(value.length === 1 || value[0] !== 0 || (value[1] ?? 0) >= 0x80).toBe(true);
      }),
    );
  });

  it.each([
    [Date.UTC(2049, 11, 31, 23, 59, 59), 0x17, '491231235959Z'],
    [Date.UTC(2050, 0, 1), 0x18, '20500101000000Z'],
  ])('writes years from 2050 on with four digits', (milliseconds, tag, text) => {
    expect([...time(milliseconds)]).toEqual([tag, text.length, ...Buffer.from(text)]);
  });
});
