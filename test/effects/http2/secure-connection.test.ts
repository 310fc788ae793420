import { X509Certificate } from 'node:crypto';
import { createServer as createTlsServer } from 'node:tls';
import { concatMap, firstValueFrom } from 'rxjs';
import type { PluginError } from '../../../src/index.js';
import { openSocket, type Address } from '../../../src/effects/socket/open-socket.js';
import { makeIdentity } from '../../../src/effects/tls/identity.js';
import { secureConnection } from '../../../src/effects/http2/secure-connection.js';
import { plaintext, manualTls, pinnedMutualTls, type Security } from '../../../src/effects/tls/security.js';
import { afterTest } from '../../support/environment.js';
import { listening } from '../../support/listening.js';
import { untilTrue } from '../../support/until-true.js';
import { plainServer, tlsServer } from '../tls/support.js';

const host = await makeIdentity('P-256', Date.now());
const plugin = await makeIdentity('P-256', Date.now());
const other = await makeIdentity('P-256', Date.now());
const serving = { cert: plugin.certificatePem, key: plugin.privateKeyPem };
const mutual = { requestCert: true, rejectUnauthorized: true, allowPartialTrustChain: true };

async function connect(address: Address, security: Security) {
  const opened = openSocket(address).pipe(concatMap((raw) => secureConnection(raw, security, 'the plugin')));
  const connection = await firstValueFrom(opened);
  afterTest(() => {
    connection.destroy();
  });
  return connection;
}

const failureOf = (address: Address, security: Security): Promise<PluginError> =>
  connect(address, security).then(
    () => {
      throw new Error('it connected');
    },
    (error: unknown) => error as PluginError,
  );

describe('a connection over mutual TLS', () => {
  it('knows the certificate of the plugin, and is named localhost', async () => {
    const { address } = await tlsServer({ ...serving, ...mutual, ca: host.certificatePem });
    const connection = await connect(address, pinnedMutualTls(host, plugin.certificate));
    expect(connection).toMatchObject({ scheme: 'https', authority: 'localhost', peer: 'the plugin' });
    expect(connection.authContext.transportSecurityType).toBe('ssl');
    const { raw } = connection.authContext.sslPeerCertificate as { raw: Buffer };
    expect(raw.equals(new X509Certificate(plugin.certificatePem).raw)).toBe(true);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)('may speak %s', async (version) => {
    const { address } = await tlsServer({ ...serving, minVersion: version, maxVersion: version });
    await connect(address, pinnedMutualTls(host, plugin.certificate));
  });

  it('is in the clear where that is agreed', async () => {
    const http2 = await plainServer((socket) => {
      socket.write(Buffer.from('000000040000000000', 'hex'));
    });
    const connection = await connect(http2.address, plaintext());
    expect(connection).toMatchObject({ scheme: 'http', authority: 'localhost', authContext: {} });
  });
});

describe('a plugin whose TLS is at fault', () => {
  const secured = pinnedMutualTls(host, plugin.certificate);

  it('with another certificate than it announced, is not trusted', async () => {
    const { address } = await tlsServer({ cert: other.certificatePem, key: other.privateKeyPem });
    const failure = await failureOf(address, secured);
    expect(failure).toMatchObject({ code: 'CERTIFICATE_INVALID', phase: 'dial' });
    expect(failure.hint).toContain('the certificate that it prints');
  });

  it('whose certificate the options do not trust, is told by the options', async () => {
    const { address } = await tlsServer(serving);
    const failure = await failureOf(
      address,
      manualTls({ rootCertificates: other.certificatePem, serverName: 'localhost' }),
    );
    expect(failure).toMatchObject({ code: 'CERTIFICATE_INVALID', phase: 'dial' });
    expect(failure.hint).toContain('rootCertificates');
  });

  it('whose certificate is for another name, is told by the options', async () => {
    const { address } = await tlsServer(serving);
    const failure = await failureOf(
      address,
      manualTls({ rootCertificates: plugin.certificatePem, serverName: 'elsewhere' }),
    );
    expect(failure).toMatchObject({
      code: 'CERTIFICATE_INVALID',
      facts: { tls: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'that does not trust the host, and just closes as Node does, is asked whether it does: %s',
    async (version) => {
      const theirs = { ...serving, ...mutual, ca: other.certificatePem };
      const { address } = await tlsServer({ ...theirs, minVersion: version, maxVersion: version });
      const failure = await failureOf(address, secured);
      expect(failure).toMatchObject({ code: 'CONNECT_FAILED', phase: 'dial', facts: { tls: 'closed' } });
      expect(failure.hint).toContain('PLUGIN_CLIENT_CERT');
    },
  );

  it.each([
    ['bad certificate', 42, true],
    ['unsupported certificate', 43, true],
    ['revoked certificate', 44, true],
    ['expired certificate', 45, true],
    ['unknown certificate', 46, true],
    ['unknown authority', 48, true],
    ['access denied', 49, true],
    ['wrong signature', 51, true],
    ['handshake failure', 40, false],
    ['protocol version', 70, false],
    ['insufficient security', 71, false],
    ['internal error', 80, false],
    ['no application protocol', 120, false],
  ])('that says so with an alert is understood: %s', async (_, alert, isCertificate) => {
    const { address } = await plainServer((socket) => {
      socket.once('data', () => socket.end(Buffer.of(0x15, 3, 3, 0, 2, 2, alert)));
    });
    const failure = await failureOf(address, secured);
    expect(failure).toMatchObject({ code: 'CONNECT_FAILED', phase: 'dial' });
    expect(failure.message.includes("refused the host's certificate")).toBe(isCertificate);
    expect(failure.hint?.includes('PLUGIN_CLIENT_CERT')).toBe(isCertificate);
  });

  it.each(['TLSv1', 'TLSv1.1'] as const)('that speaks only %s, is refused', async (version) => {
    const { address } = await tlsServer({
      ...serving,
      minVersion: version,
      maxVersion: version,
      ciphers: 'ALL@SECLEVEL=0',
    });
    const failure = await failureOf(address, secured);
    expect(failure).toMatchObject({ code: 'CONNECT_FAILED', phase: 'dial' });
  });

  it('that speaks in the clear, is told so', async () => {
    const { address } = await plainServer((socket) => {
      socket.end('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const failure = await failureOf(address, secured);
    expect(failure).toMatchObject({
      code: 'CONNECT_FAILED',
      facts: { tls: expect.stringMatching(/^ERR_SSL_/) as string },
    });
    expect(failure.message).toContain('does not serve it');
  });

  it.each<
    [
      string,
      (socket: { end(): unknown; destroy(): unknown; once(event: 'data', act: () => void): unknown }) => void,
    ]
  >([
    ['at once', (socket) => socket.end()],
    ['when it is greeted', (socket) => socket.once('data', () => socket.destroy())],
  ])('that closes the connection %s, is told so', async (_, close) => {
    const { address } = await plainServer(close);
    expect(await failureOf(address, secured)).toMatchObject({
      code: 'CONNECT_FAILED',
      facts: { tls: 'closed' },
    });
  });

  it('that closes it after the handshake, before it speaks HTTP/2, is told so', async () => {
    const server = createTlsServer(serving, (socket) => socket.end());
    const { address } = await listening(server);
    expect(await failureOf(address, secured)).toMatchObject({
      code: 'CONNECT_FAILED',
      facts: { tls: 'closed' },
    });
  });

  it('that says nothing, is left when nobody waits any more', async () => {
    const { address, sockets } = await plainServer((socket) => socket.resume());
    const attempt = openSocket(address)
      .pipe(concatMap((raw) => secureConnection(raw, secured, 'it')))
      .subscribe();
    await untilTrue(() => sockets.size > 0);
    attempt.unsubscribe();
    await untilTrue(() => sockets.size === 0);
    expect(sockets.size).toBe(0);
  });
});
