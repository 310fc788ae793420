import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { PluginError, messageOf } from '../../model/index.js';
import { isOwnHost, isOwnOrigin } from './doors.js';

/** Only programs of this machine can connect. */
const address = '127.0.0.1';

/** Nobody has anything to tell an inspector. */
const longestMessage = 64 * 1024;

export interface HostInput {
  readonly port: number;
  readonly page: { readonly html: string; readonly policy: string };
  listen(client: WebSocket): void;
  /** Whether one more client may come. */
  hasRoom(): boolean;
}

export interface Host {
  readonly url: string;
  close(): Promise<void>;
}

/** Serves the page and the WebSockets on one port of the loopback interface. It does not keep its program running. */
export async function startHost(input: HostInput): Promise<Host> {
  const server = createServer((request, response) => {
    answer(request, response, input.page);
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: longestMessage, clientTracking: false });
  server.on('connection', (connection) => connection.unref());
  server.on('upgrade', (request, connection, head) => {
    const refusal = refusalOf(request, input.hasRoom());
    if (refusal !== null) refuse(connection, refusal);
    else
      sockets.handleUpgrade(request, connection, head, (client) => {
        input.listen(client);
      });
  });
  const port = await listening(server, input.port).catch((cause: unknown) => {
    throw portUnusable(input.port, cause);
  });
  // What goes wrong with a window is no reason to end the program that is looked at.
  server.on('error', () => undefined);
  server.unref();
  return { url: `http://${address}:${port}/`, close: () => closed(server) };
}

function answer(
  { headers, method, url }: IncomingMessage,
  response: ServerResponse,
  page: HostInput['page'],
): void {
  if (!isOwnHost(headers.host)) finish(response, 403, 'This host name is not served here.');
  else if (method !== 'GET' && method !== 'HEAD') finish(response, 405, 'There is only a page to read.');
  else if (url?.split('?')[0] !== '/') finish(response, 404, 'There is only one page, at /.');
  else {
    response.setHeader('content-security-policy', page.policy);
    finish(response, 200, page.html, 'text/html; charset=utf-8');
  }
}

function finish(
  response: ServerResponse,
  status: number,
  body: string,
  type = 'text/plain; charset=utf-8',
): void {
  response.writeHead(status, {
    'content-type': type,
    'content-length': Buffer.byteLength(body),
    'cache-control': 'no-store',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  });
  response.end(body);
}

function refusalOf({ headers }: IncomingMessage, hasRoom: boolean): string | null {
  if (!isOwnHost(headers.host) || !isOwnOrigin(headers.origin, headers.host)) return '403 Forbidden';
  return hasRoom ? null : '503 Service Unavailable';
}

function refuse(connection: Duplex, status: string): void {
  // The other side may be gone already.
  connection.on('error', () => undefined);
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listening(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function portUnusable(port: number, cause: unknown): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The inspector cannot listen on port ${port} of ${address}: ${messageOf(cause)}`,
    hint: 'Choose another port, or none to be given a free one.',
    facts: { port },
    cause,
  });
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    server.closeAllConnections();
  });
}
