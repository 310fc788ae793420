import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { certificatePem, curves, makeCertificate, type Curve } from '../../go-plugin/index.js';

/** The host's certificate for one process, and its private key, which never leaves the host. */
export interface Identity {
  readonly certificate: Uint8Array;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Identities for successive processes. */
export interface IdentitySource {
  /** A new identity; it was made while the one before was in use. */
  next(): Promise<Identity>;
}

const generate = promisify(generateKeyPair);

/** How far the clock of the plugin may be behind that of the host. */
const clockSkewMs = 30_000;
/** 30 years, as in go-plugin: a certificate is used for one process only, so its date never ends it. */
const lifetimeMs = 262_980 * 3_600_000;

/** Makes a key pair, outside the main thread, and a certificate for it. `now`: milliseconds since the epoch. */
export async function makeIdentity(curve: Curve, now: number): Promise<Identity> {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: curve });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const template = {
    curve,
    publicKey: spki,
    keyId: createHash('sha256').update(spki).digest().subarray(0, 20),
    serial: randomBytes(16),
    notBefore: now - clockSkewMs,
    notAfter: now + lifetimeMs,
  };
  const certificate = makeCertificate(template, (body) => sign(curves[curve], body, privateKey));
  return {
    certificate,
    certificatePem: certificatePem(certificate),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** Makes the next identity while the one before is in use, so that no start waits for a key. */
export function createIdentities(curve: Curve, now: () => number): IdentitySource {
  const make = (): Promise<Identity> => {
    const identity = makeIdentity(curve, now());
    // A failure is reported to the caller of `next`; until then it must not be an unhandled rejection.
    identity.catch(() => undefined);
    return identity;
  };
  let ready = make();
  return {
    next() {
      const current = ready;
      ready = make();
      return current;
    },
  };
}
