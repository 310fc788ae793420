import { X509Certificate } from 'node:crypto';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import type {
  EnvironmentOptions,
  ManualTls,
  MtlsMode,
  PluginErrorCode,
  PluginPhase,
} from '../../src/index.js';
import { makeIdentity } from '../../src/effects/tls/identity.js';
import { environmentWith, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';

/** Far more than any refusal needs: a test that waits for it has failed. */
const startMs = 60_000;
const { certificatePem: other } = await makeIdentity('P-256', Date.now());
const policy = { restart: { restart: 'temporary' as const }, deadlines: { startMs } };

describe('whether a plugin verifies its host', () => {
  it.each<[FakeInterpreterName, EnvironmentOptions['mtls'], string, boolean | null]>([
    ['healthy-with-mtls', 'auto', 'mtls', null],
    ['healthy-with-mtls', 'required', 'mtls', true],
    ['healthy-with-mtls-on-tcp', { verify: true }, 'mtls', true],
    ['multiplexes', { verify: true }, 'mtls', null],
    ['trusts-every-host', 'auto', 'mtls', null],
    ['trusts-every-host', { verify: true }, 'tls', false],
    ['healthy', { verify: true }, 'plaintext', null],
  ])('is proven where it is tried: %s with %j', async (name, mtls, transport, verifiesHost) => {
    const { env, id } = await environmentWith(name, { mtls, policy, multiplex: 'auto' });
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ transport, verifiesHost });
  });

  it('is required with mutual TLS', async () => {
    const { env, id } = await environmentWith('trusts-every-host', { mtls: 'required', policy });
    await expect(env.activate(id)).rejects.toMatchObject({
      code: 'MTLS_UNSUPPORTED',
      phase: 'dial',
      message: expect.stringContaining('accepts a connection without that of the host') as unknown,
    });
  });
});

describe('a plugin that answers AutoMTLS', () => {
  it.each<[FakeInterpreterName, RegExp]>([
    ['healthy-with-mtls', /^unix:/],
    ['healthy-with-mtls-on-tcp', /^tcp:127\.0\.0\.1:/],
  ])('is called over mutual TLS: %s', async (name, address) => {
    const { env, id } = await environmentWith(name);
    await env.activate(id);
    await env.performHealthCheck(id);
    expect(env.status(id)).toMatchObject({ transport: 'mtls' });
    expect(env.status(id).address).toMatch(address);
    const echoed = await callUnary(fakeClientOf(env, id), fakeService.Echo, Buffer.from('secret'));
    expect(echoed.toString()).toBe('secret');
  });

  it.each(['P-256', 'P-384', 'P-521'] as const)(
    'may have another curve than the host, here %s',
    async (curve) => {
      const { env, id } = await environmentWith('healthy-with-mtls', { mtls: { mode: 'required', curve } });
      await env.activate(id);
      const { PLUGIN_CLIENT_CERT } = await callUnary(fakeClientOf(env, id), fakeService.Env, {});
      const { publicKey, subject } = new X509Certificate(PLUGIN_CLIENT_CERT ?? '');
      expect(publicKey.asymmetricKeyDetails?.namedCurve).toBe(nodeNames[curve]);
      expect(subject).toBe('O=Espalier\nCN=localhost');
    },
  );

  it('gets a new certificate with every process', async () => {
    const { env, id } = await environmentWith('healthy-with-mtls', {
      policy: { restart: { backoff: { firstMs: 0 } } },
    });
    const offered = async () =>
      (await callUnary(fakeClientOf(env, id), fakeService.Env, {}))['PLUGIN_CLIENT_CERT'];
    await env.activate(id);
    const first = await offered();
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'restarting');
    await until(env, id, 'healthy');
    expect(env.status(id)).toMatchObject({ generation: 2, transport: 'mtls' });
    expect(await offered()).not.toBe(first);
  });

  it('is called in plaintext when mutual TLS is off', async () => {
    const { env, id } = await environmentWith('healthy-with-mtls', { mtls: 'off' });
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ transport: 'plaintext' });
    const variables = await callUnary(fakeClientOf(env, id), fakeService.Env, {});
    expect(variables).not.toHaveProperty('PLUGIN_CLIENT_CERT');
  });
});

describe('a plugin that does not answer AutoMTLS', () => {
  it('is called in plaintext, which its status shows', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ transport: 'plaintext' });
  });

  it('is refused at once where it is required', async () => {
    const { env, id } = await environmentWith('healthy', { mtls: 'required', policy });
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'MTLS_UNSUPPORTED', phase: 'handshake' });
    expect(env.status(id).error?.hint).toContain('PLUGIN_CLIENT_CERT');
  });
});

describe('a certificate fault', () => {
  const faults: [FakeInterpreterName, MtlsMode, PluginErrorCode, PluginPhase, RegExp][] = [
    [
      'certificate-mismatch',
      'auto',
      'CERTIFICATE_INVALID',
      'dial',
      /serve with the certificate that it prints/,
    ],
    ['certificate-is-garbage', 'auto', 'CERTIFICATE_INVALID', 'handshake', /DER bytes/],
    ['certificate-for-another-host', 'auto', 'CERTIFICATE_INVALID', 'handshake', /DNS:localhost/],
    ['certificate-not-asked-for', 'off', 'CERTIFICATE_INVALID', 'handshake', /--mtls auto/],
    ['certificate-left-out', 'auto', 'CONNECT_FAILED', 'dial', /field 6/],
    ['certificate-left-out', 'required', 'MTLS_UNSUPPORTED', 'handshake', /PLUGIN_CLIENT_CERT/],
    ['certificate-without-tls', 'auto', 'CONNECT_FAILED', 'dial', /the certificate that it prints/],
    ['distrusts-the-host', 'auto', 'CONNECT_FAILED', 'dial', /trust the certificate in PLUGIN_CLIENT_CERT/],
  ];

  it.each(faults)('%s, %s: %s in the %s, long before the deadline', async (name, mtls, code, phase, hint) => {
    const { env, id } = await environmentWith(name, { mtls, policy });
    await expect(env.activate(id)).rejects.toMatchObject({ code, phase, plugin: id });
    expect(env.status(id)).toMatchObject({ state: 'crashed', address: null });
    expect(env.status(id).error?.hint).toMatch(hint);
  });
});

describe('TLS of the embedder', () => {
  const withOwnTls = async (tls: Partial<ManualTls>, clientRoots?: string) => {
    const plugin = await makeIdentity('P-256', Date.now());
    const env = {
      FAKE_CERTIFICATE: plugin.certificatePem,
      FAKE_PRIVATE_KEY: plugin.privateKeyPem,
      ...(clientRoots && { FAKE_CLIENT_ROOTS: clientRoots }),
    };
    const trust = { rootCertificates: plugin.certificatePem, serverName: 'localhost', ...tls };
    return environmentWith('brings-its-own-certificate', { env, policy, tls: trust });
  };

  it('authenticates the plugin', async () => {
    const { env, id } = await withOwnTls({});
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ state: 'healthy', transport: 'tls' });
  });

  it('authenticates the host to a plugin that requires it', async () => {
    const { certificatePem, privateKeyPem } = await makeIdentity('P-256', Date.now());
    const own = { certificate: certificatePem, privateKey: privateKeyPem };
    const { env, id } = await withOwnTls(own, certificatePem);
    await env.activate(id);
    expect(env.status(id)).toMatchObject({ state: 'healthy', transport: 'mtls' });
  });

  it.each<[string, Partial<ManualTls>]>([
    ['another name', { serverName: 'elsewhere' }],
    ['another signer', { rootCertificates: other }],
  ])('refuses a certificate of %s at once', async (_, tls) => {
    const { env, id } = await withOwnTls(tls);
    await expect(env.activate(id)).rejects.toMatchObject({ code: 'CERTIFICATE_INVALID', phase: 'dial' });
    expect(env.status(id).error?.hint).toContain('the option tls');
  });

  it.each<[string, EnvironmentOptions]>([
    ['exclude each other', { mtls: 'auto', tls: { rootCertificates: '', serverName: 'x' } }],
    ['given together', { tls: { rootCertificates: '', serverName: 'x', certificate: 'without its key' } }],
    ['one of', { mtls: 'sometimes' as MtlsMode }],
    ['P-256, P-384, P-521', { mtls: { curve: 'P-224' as 'P-256' } }],
  ])('is refused when its options are not usable: %s', async (problem, options) => {
    const made = environmentWith('healthy', options);
    await expect(made).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(problem) as string,
    });
  });
});

const nodeNames = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' };
