import { connect, type IncomingHttpHeaders } from 'node:http2';
import type { Duplex } from 'node:stream';
import { connect as connectTls } from 'node:tls';
import type { UnaryMethod } from './method.js';
import type { ServerTls } from './tls.js';

/** Makes one unary gRPC call over an open connection, which grpc-js cannot do, and closes it. */
export function callOver<Request, Response>(
  raw: Duplex,
  tls: ServerTls,
  method: UnaryMethod<Request, Response>,
  request: NoInfer<Request>,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const socket = secured(raw, tls).on('error', reject);
    const session = connect('http://localhost', { createConnection: () => socket });
    session.on('error', reject);
    session.on('close', () => {
      reject(new Error('The connection ended before the answer.'));
    });
    const call = session.request({
      ':method': 'POST',
      ':path': method.path,
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const chunks: Buffer[] = [];
    call.on('error', reject);
    call.on('data', (chunk: Buffer) => chunks.push(chunk));
    call.on('trailers', (trailers: IncomingHttpHeaders) => {
      if (trailers['grpc-status'] === '0') resolve(method.responseDeserialize(unframed(chunks)));
      else reject(new Error(String(trailers['grpc-message'])));
      session.close();
    });
    call.end(framed(method.requestSerialize(request)));
  });
}

function secured(raw: Duplex, { own }: ServerTls): Duplex {
  if (own === null) return raw;
  const { identity, host } = own;
  return connectTls({
    socket: raw,
    ca: host,
    cert: identity.certificatePem,
    key: identity.privateKeyPem,
    servername: 'localhost',
    ALPNProtocols: ['h2'],
  });
}

/** A length-prefixed gRPC message without compression. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function unframed(chunks: readonly Buffer[]): Buffer {
  return Buffer.concat(chunks).subarray(5);
}
