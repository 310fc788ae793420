import { createIdentities } from '../../../src/effects/tls/identity.js';

describe('the identities of the host', () => {
  it('are made in advance, each for one start', async () => {
    let begun = 0;
    const identities = createIdentities('P-256', () => {
      begun += 1;
      return Date.now();
    });
    expect(begun).toBe(1);
    const first = identities.next();
    // The one that was made before is taken, and the next one is begun.
    expect(begun).toBe(2);
    const [one, other] = await Promise.all([first, identities.next()]);
    expect(begun).toBe(3);
    expect(one.privateKeyPem).not.toBe(other.privateKeyPem);
  });
});
