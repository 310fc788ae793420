import { createHash, generateKeyPair, randomBytes, sign } from 'node:crypto';
import { promisify } from 'node:util';
import { certificatePem, curves, makeCertificate, type Curve } from '../../go-plugin/index.js';

/** One side's certificate and the key to it, made for one process. The key never leaves this process. */
export interface Identity {
  readonly certificate: Uint8Array;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** Identities, each made before somebody needs it. */
export interface IdentitySource {
  next(): Promise<Identity>;
}

const generate = promisify(generateKeyPair);

/** A clock that runs a little behind must not take a certificate for one of the future. */
const clockSkewMs = 30_000;
/** As long as go-plugin's own, 30 years: a certificate ends with its process, never by its date. */
const lifetimeMs = 262_980 * 3_600_000;

/** Makes a key pair and a certificate for it. The key is made off the main thread. */
export async function makeIdentity(curve: Curve, now: number): Promise<Identity> {
  const { publicKey, privateKey } = await generate('ec', { namedCurve: curve });
  const spki = publicKey.export({ type: 'spki', format: 'der' });
  const draft = {
    curve,
    publicKey: spki,
    keyId: createHash('sha256').update(spki).digest().subarray(0, 20),
    serial: randomBytes(16),
    notBefore: now - clockSkewMs,
    notAfter: now + lifetimeMs,
  };
  const certificate = makeCertificate(draft, (body) => sign(curves[curve], body, privateKey));
  return {
    certificate,
    certificatePem: certificatePem(certificate),
    privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

/** While one start uses its identity, the next one is made, so that no start waits for a key. */
export function createIdentities(curve: Curve, now: () => number): IdentitySource {
  const make = (): Promise<Identity> => {
    const made = makeIdentity(curve, now());
    // Whoever takes it hears of a failure; until then nobody does.
    made.catch(() => undefined);
    return made;
  };
  let ready = make();
  return {
    next() {
      const taken = ready;
      ready = make();
      return taken;
    },
  };
}
