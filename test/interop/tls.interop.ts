import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { until } from '../support/environment.js';
import { unary } from './calls.js';
import { binary, helperCommand, hostOfHelper } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';
import { Test } from './services.js';

describe(programs.helper.name, () => {
  testRow(26, async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc-tls'), {
      tls: { rootCertificates: signerOfHelper(), serverName: '127.0.0.1' },
    });
    await env.activate(id);
    const client = env.plugin(id).client(Test);
    await expect(unary(client, 'Double', { input: 21 })).resolves.toEqual({ output: 42 });
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject({ code: 0, stopStep: 'requestingShutdown' });
  });

  testRow(33, async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-mtls'), { offered: [2], mtls: 'required' });
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ protocolVersion: 2, transport: 'mtls' });
    const client = env.plugin(id).client(Test);
    await expect(unary(client, 'Double', { input: 3 })).resolves.toEqual({ output: 6 });
    const killedAt = performance.now();
    process.kill(env.status(id).pid ?? NaN, 'SIGKILL');
    await until(env, id, 'crashed');
    expect(performance.now() - killedAt).toBeLessThan(2_000);
  });
});

/** The certificate authority of the helper's own certificate, which it carries in its program. */
function signerOfHelper(): string {
  const text = readFileSync(binary('go-plugin.test'), 'latin1');
  const certificates = text.match(/-----BEGIN CERTIFICATE-----\n[^-]+-----END CERTIFICATE-----/g) ?? [];
  const signer = certificates.find((pem) => isAuthority(pem));
  if (signer === undefined) throw new Error('The helper carries no certificate authority any more.');
  return signer;
}

function isAuthority(pem: string): boolean {
  try {
    return new X509Certificate(pem).ca;
  } catch {
    return false;
  }
}
