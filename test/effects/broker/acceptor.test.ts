import type { Server as GrpcServer, ServiceDefinition } from '@grpc/grpc-js';
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { once } from 'node:events';
import { connect as connectHttp2, type ClientHttp2Session } from 'node:http2';
import type { Socket } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import { createAcceptor } from '../../../src/effects/broker/acceptor.js';
import { makeIdentity, type Identity } from '../../../src/effects/tls/identity.js';
import { manualTls, pinnedMutualTls, type ServerTls } from '../../../src/effects/tls/security.js';
import { certificatePem, makeCertificate } from '../../../src/go-plugin/index.js';
import { afterTest } from '../../support/environment.js';
import { untilTrue } from '../../support/until-true.js';
import { plainServer, rawTo } from '../tls/support.js';

const host = await makeIdentity('P-256', Date.now());
const plugin = await makeIdentity('P-256', Date.now());
const other = await makeIdentity('P-256', Date.now());
const serverTls = pinnedMutualTls(host, plugin.certificate).server as ServerTls;
const own = { cert: plugin.certificatePem, key: plugin.privateKeyPem };

const same = (it: Buffer): Buffer => it;
const service = {
  Echo: {
    path: '/test.Echo/Echo',
    requestStream: false,
    responseStream: false,
    requestSerialize: same,
    requestDeserialize: same,
    responseSerialize: same,
    responseDeserialize: same,
  },
} satisfies ServiceDefinition;

/** An acceptor behind a port. */
async function accepting(tls: ServerTls | null) {
  const acceptor = createAcceptor((server: GrpcServer) => {
    server.addService(service, {
      Echo: (call: { request: Buffer }, done: (error: null, said: Buffer) => void) => {
        done(null, call.request);
      },
    });
  }, tls);
  const server = await plainServer((socket) => {
    acceptor.accept(socket);
  });
  afterTest(() => {
    acceptor.close();
  });
  return { ...server, acceptor };
}

/** What becomes of a call over a socket: its answer, or how the connection ended. */
async function echo(socket: Socket): Promise<string> {
  const session: ClientHttp2Session = connectHttp2('http://localhost', { createConnection: () => socket });
  session.on('error', () => undefined);
  afterTest(() => {
    session.destroy();
  });
  const stream = session.request({
    ':method': 'POST',
    ':path': '/test.Echo/Echo',
    te: 'trailers',
    'content-type': 'application/grpc',
  });
  stream.on('error', () => undefined);
  stream.end(Buffer.from('000000000568656c6c6f', 'hex'));
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  await once(stream, 'close').catch(() => undefined);
  return Buffer.concat(chunks).subarray(5).toString() || 'refused';
}

async function secured(port: number, options: ConnectionOptions): Promise<string> {
  const raw = await rawTo(port);
  const socket: TLSSocket = connectTls({
    socket: raw,
    ca: host.certificatePem,
    allowPartialTrustChain: true,
    servername: 'localhost',
    ALPNProtocols: ['h2'],
    ...options,
  });
  const outcome = await new Promise<string>((resolve) => {
    socket.once('secureConnect', () => {
      resolve('secure');
    });
    socket.once('error', () => {
      resolve('refused');
    });
    socket.once('close', () => {
      resolve('refused');
    });
  });
  socket.on('error', () => undefined);
  return outcome === 'secure' ? echo(socket) : outcome;
}

/** A certificate of another subject and key, signed with the key of an identity. */
function signedBy({ privateKeyPem }: Identity): { cert: string; key: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const draft = {
    curve: 'P-256' as const,
    publicKey: publicKey.export({ type: 'spki', format: 'der' }),
    keyId: randomBytes(20),
    serial: randomBytes(16),
    notBefore: Date.now() - 60_000,
    notAfter: Date.now() + 60_000,
  };
  // The issuer's name comes first, the subject's second.
  const renamed = (der: Uint8Array): Buffer => {
    const bytes = Buffer.from(der);
    bytes.write('Intruder', bytes.indexOf('Espalier', bytes.indexOf('Espalier') + 1));
    return bytes;
  };
  const whole = makeCertificate(draft, (body) => sign('sha256', renamed(body), privateKeyPem));
  return {
    cert: certificatePem(renamed(whole)),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

describe('an acceptor with a pinned certificate', () => {
  it('serves a client with that certificate', async () => {
    const { port } = await accepting(serverTls);
    expect(await secured(port, own)).toBe('hello');
  });

  it.each<[string, ConnectionOptions]>([
    ['no certificate', {}],
    ['a certificate of its own', { cert: other.certificatePem, key: other.privateKeyPem }],
    ["the host's certificate", { cert: host.certificatePem, key: host.privateKeyPem }],
    ['TLS 1.1', { ...own, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'ALL@SECLEVEL=0' }],
  ])('refuses a client with %s', async (_, options) => {
    const { port, sockets } = await accepting(serverTls);
    expect(await secured(port, options)).toBe('refused');
    await untilTrue(() => sockets.size === 0);
    expect(await secured(port, own)).toBe('hello');
  });

  it('refuses a certificate that the pinned one has signed', async () => {
    const child = signedBy(plugin);
    const { port } = await accepting(serverTls);
    expect(await secured(port, child)).toBe('refused');
    // The same certificate is taken where it is not the one certificate that counts, but its signer.
    const { certificatePem: rootCertificates } = plugin;
    const open = manualTls({
      rootCertificates,
      serverName: 'localhost',
      certificate: host.certificatePem,
      privateKey: host.privateKeyPem,
    }).server as ServerTls;
    const lax = await accepting(open);
    expect(await secured(lax.port, child)).toBe('hello');
  });

  it('is not blocked by a client that sends nothing, or no TLS', async () => {
    const { port, sockets } = await accepting(serverTls);
    await rawTo(port);
    const garbage = await rawTo(port);
    const closed = once(garbage.resume(), 'close');
    garbage.end('GET / HTTP/1.1\r\n\r\n');
    expect(await secured(port, own)).toBe('hello');
    await closed;
    expect(sockets.size).toBeGreaterThanOrEqual(1);
  });

  it('closes a connection whose handshake takes too long', async () => {
    const quick = { ...serverTls, options: { ...serverTls.options, handshakeTimeout: 100 } };
    const { port } = await accepting(quick);
    const slow = await rawTo(port);
    // The first byte of a handshake, and never another.
    slow.resume().write(Buffer.of(0x16));
    await once(slow, 'close');
    expect(serverTls.options.handshakeTimeout).toBe(5000);
  });
});

describe('an acceptor', () => {
  it('serves plaintext without TLS', async () => {
    const { port } = await accepting(null);
    expect(await echo(await rawTo(port))).toBe('hello');
  });

  it.each([null, serverTls])('leaves no connection when it is closed', async (tls) => {
    const { port, sockets, acceptor } = await accepting(tls);
    const idle = (await rawTo(port)).resume();
    const busy = await rawTo(port);
    const asked = tls === null ? echo(busy) : secured(port, own);
    await untilTrue(() => sockets.size >= 2);
    await asked;
    acceptor.close();
    await once(idle, 'close');
    await untilTrue(() => sockets.size === 0);
    expect(sockets.size).toBe(0);
  });
});
