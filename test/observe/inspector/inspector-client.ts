import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { WebSocket, type ClientOptions } from 'ws';

export interface Message {
  readonly type: string;
  readonly sessionId: string;
  readonly name?: string;
  readonly parentId?: string;
  readonly rootId?: string;
  readonly definition?: string;
  readonly snapshot?: {
    readonly status: string;
    readonly value?: unknown;
    readonly context?: Record<string, unknown>;
  };
  readonly event?: { readonly type: string };
}

export interface InspectorClient {
  readonly messages: readonly Message[];
  readonly socket: WebSocket;
  /** Resolves with the first message that matches, received already or not. */
  readonly waitFor: (matches: (message: Message) => boolean) => Promise<Message>;
  closed(): Promise<void>;
}

/** Connects a WebSocket client to an inspector. */
export async function connectClient(url: string, options: ClientOptions = {}): Promise<InspectorClient> {
  const socket = new WebSocket(url.replace('http:', 'ws:'), options);
  const messages: Message[] = [];
  const waiting = new Set<() => void>();
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString()) as Message);
    for (const check of waiting) check();
  });
  await once(socket, 'open');
  return {
    messages,
    socket,
    waitFor: (matches) =>
      new Promise((resolve) => {
        const check = (): void => {
          const found = messages.find(matches);
          if (found === undefined) return;
          waiting.delete(check);
          resolve(found);
        };
        waiting.add(check);
        check();
      }),
    async closed() {
      if (socket.readyState !== WebSocket.CLOSED) await once(socket, 'close');
    },
  };
}

/** The HTTP status with which a WebSocket is rejected. */
export async function rejectionStatus(url: string, options: ClientOptions): Promise<number | undefined> {
  const rejected = new WebSocket(url.replace('http:', 'ws:'), options);
  const [, response] = (await once(rejected, 'unexpected-response')) as [
    unknown,
    { statusCode?: number; destroy(): void },
  ];
  response.destroy();
  return response.statusCode;
}

/** Opens a connection to an inspector that sends only what it is given, and does not close when the server does. */
export async function openRaw(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** The text of a request with these lines, of which the first is followed by the right `Host`. */
export function requestHead(url: string, [first, ...rest]: readonly string[]): string {
  return first === undefined ? '' : [first, `Host: ${new URL(url).host}`, ...rest].join('\r\n');
}
