import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { PluginError, messageOf } from '../../model/index.js';
import { isLoopbackHost, isSameOrigin } from './origin-check.js';

/** The loopback interface: only programs on this machine can connect. */
const loopbackAddress = '127.0.0.1';

/** The inspector ignores what clients send; this only bounds the memory of a message. */
const maxMessageBytes = 64 * 1024;

/** How many connections there may be, those that say nothing included: each is a file descriptor of the host. */
const maxConnections = 64;

/** The input of `startInspectorServer`. */
export interface InspectorServerInput {
  readonly port: number;
  readonly page: { readonly html: string; readonly policy: string };
  onClient(client: WebSocket): void;
  /** Whether one more client may connect. */
  acceptsClients(): boolean;
}

/** A running server. */
export interface InspectorServer {
  readonly url: string;
  /** Resolves at once, whatever the clients do: every connection is cut off. */
  close(): Promise<void>;
}

/** Serves the page and WebSockets on one port of the loopback interface. Its sockets do not keep the process alive. */
export async function startInspectorServer(input: InspectorServerInput): Promise<InspectorServer> {
  const server = createServer((request, response) => {
    respond(request, response, input.page);
  });
  const sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, clientTracking: false });
  server.maxConnections = maxConnections;
  const connections = new Set<Socket>();
  server.on('connection', (connection) => {
    connections.add(connection.unref());
    connection.once('close', () => connections.delete(connection));
  });
  server.on('upgrade', (request, connection, head) => {
    const rejection = rejectionOf(request, input.acceptsClients());
    if (rejection !== null) rejectUpgrade(connection, rejection);
    else
      sockets.handleUpgrade(request, connection, head, (client) => {
        input.onClient(client);
      });
  });
  const port = await listenOnLoopback(server, input.port).catch((cause: unknown) => {
    throw portUnusable(input.port, cause);
  });
  // An unhandled `error` event would end the inspected process.
  server.on('error', () => undefined);
  server.unref();
  return { url: `http://${loopbackAddress}:${port}/`, close: () => closeServer(server, connections) };
}

function respond(
  { headers, method, url }: IncomingMessage,
  response: ServerResponse,
  page: InspectorServerInput['page'],
): void {
  if (!isLoopbackHost(headers.host)) sendResponse(response, 403, 'Unknown host name.');
  else if (method !== 'GET' && method !== 'HEAD')
    sendResponse(response, 405, 'Only GET and HEAD are allowed.');
  else if (url?.split('?')[0] !== '/') sendResponse(response, 404, 'Not found. The page is at /.');
  else {
    response.setHeader('content-security-policy', page.policy);
    sendResponse(response, 200, page.html, 'text/html; charset=utf-8');
  }
}

function sendResponse(
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

function rejectionOf({ headers }: IncomingMessage, acceptsClients: boolean): string | null {
  if (!isLoopbackHost(headers.host) || !isSameOrigin(headers.origin, headers.host)) return '403 Forbidden';
  return acceptsClients ? null : '503 Service Unavailable';
}

function rejectUpgrade(connection: Duplex, status: string): void {
  // The client may have disconnected already.
  connection.on('error', () => undefined);
  // A client that does not close its half would keep the connection open.
  connection.once('finish', () => connection.destroy());
  connection.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listenOnLoopback(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, loopbackAddress, () => {
      resolve((server.address() as AddressInfo).port);
    });
  });
}

function portUnusable(port: number, cause: unknown): PluginError {
  return new PluginError({
    code: 'CONFIG_INVALID',
    message: `The inspector cannot listen on port ${port} of ${loopbackAddress}: ${messageOf(cause)}`,
    hint: 'Choose another port, or 0 for any free port.',
    facts: { port },
    cause,
  });
}

/** Node's `closeAllConnections` spares those that were to be upgraded, and the server waits for them. */
function closeServer(server: Server, connections: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => {
      resolve();
    });
    for (const connection of connections) connection.destroy();
  });
}
