import {
  Channel,
  credentials,
  Metadata,
  status as code,
  type ChannelInterface,
  type StatusObject,
} from '@grpc/grpc-js';
import {
  createServer,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  type ServerOptions,
} from 'node:http2';
import { createServer as createRawServer, type Socket } from 'node:net';
import { openChannel } from '../../../src/effects/http2/open-channel.js';
import type { Http2Channel } from '../../../src/effects/http2/channel.js';
import { withPrefix } from '../../../src/effects/grpc/messages.js';
import { openSocket, type Address } from '../../../src/effects/socket/open-socket.js';
import { plaintext } from '../../../src/effects/tls/security.js';
import { afterTest } from '../../support/environment.js';
import { listening, type Listening } from '../../support/listening.js';

export type Script = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

export interface ScriptedServer extends Listening {
  /** The connections that are open. */
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  /** The headers of every call so far. */
  readonly requests: readonly IncomingHttpHeaders[];
}

/** A raw HTTP/2 server whose answers are written by the test. It ends after the test. */
export async function scriptedServer(script: Script, options: ServerOptions = {}): Promise<ScriptedServer> {
  const server = createServer(options);
  const sessions = new Set<ServerHttp2Session>();
  const requests: IncomingHttpHeaders[] = [];
  server.on('session', (session) => {
    sessions.add(session);
    session.on('error', () => undefined).once('close', () => sessions.delete(session));
  });
  server.on('stream', (stream, headers) => {
    requests.push(headers);
    stream.on('error', () => undefined);
    script(stream, headers);
  });
  return { ...(await listening(server)), sessions, requests };
}

/** A server that is handed the bytes themselves. It ends after the test. */
export function rawServer(take: (socket: Socket) => void): Promise<Listening> {
  return listening(createRawServer(take));
}

/** Our channel to a server, destroyed after the test. */
export function ours({ address }: { readonly address: Address }): Http2Channel {
  const channel = openChannel(
    `${address.network}:${address.address}`,
    () => openSocket(address),
    plaintext(),
  );
  afterTest(() => {
    channel.destroy();
  });
  return channel;
}

/** The channel of grpc-js to the same server. */
export function theirs({ target }: { readonly target: string }): Channel {
  const channel = new Channel(target, credentials.createInsecure(), {
    'grpc.max_receive_message_length': -1,
    'grpc.max_send_message_length': -1,
    'grpc.default_authority': 'localhost',
    'grpc.use_local_subchannel_pool': 1,
  });
  afterTest(() => {
    channel.close();
  });
  return channel;
}

export const grpcHeaders = { ':status': 200, 'content-type': 'application/grpc' };

/** What a server says, in the order in which it says it. */
export interface Answer {
  readonly headers?: OutgoingHttpHeaders;
  readonly chunks?: readonly Uint8Array[];
  readonly trailers?: OutgoingHttpHeaders;
}

/** Answers a call as a gRPC server does: headers, messages, trailers. */
export function answer(stream: ServerHttp2Stream, said: Answer = {}): void {
  stream.respond(said.headers ?? grpcHeaders, { waitForTrailers: true });
  stream.on('wantTrailers', () => {
    stream.sendTrailers(said.trailers ?? { 'grpc-status': '0' });
  });
  for (const chunk of said.chunks ?? []) stream.write(chunk);
  stream.end();
}

/** Answers when the whole request has come. */
export function answerAtEnd(stream: ServerHttp2Stream, said: (request: Buffer) => Answer): void {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  stream.once('end', () => {
    answer(stream, said(Buffer.concat(chunks)));
  });
}

export function message(text: string | Uint8Array): Buffer {
  return withPrefix(Buffer.from(text));
}

export interface Outcome {
  /** In the order of their coming: `metadata`, `message`, `status`. */
  readonly events: readonly string[];
  readonly metadata: Metadata | null;
  readonly messages: readonly Buffer[];
  readonly status: StatusObject;
}

export interface Question {
  readonly method?: string;
  readonly metadata?: Metadata;
  readonly messages?: readonly Uint8Array[];
  readonly deadline?: Date | number;
  readonly waitForReady?: boolean;
  /** Whether every message is asked for as soon as the one before came. */
  readonly reads?: boolean;
  readonly halfCloses?: boolean;
  readonly started?: (call: StartedCall) => void;
  readonly metadataCame?: (call: StartedCall) => void;
  readonly messageCame?: (call: StartedCall, message: Buffer) => void;
}

export type StartedCall = ReturnType<ChannelInterface['createCall']>;

/** Makes one call directly on a channel, without a client's layer between. */
export function ask(channel: ChannelInterface, question: Question = {}): Promise<Outcome> {
  const { method = '/test.Service/Method', deadline = Infinity, reads = true, halfCloses = true } = question;
  const metadata = question.metadata ?? new Metadata();
  if (question.waitForReady === true) metadata.setOptions({ waitForReady: true });
  const call = channel.createCall(method, deadline, null, null, null);
  const events: string[] = [];
  const messages: Buffer[] = [];
  let answered: Metadata | null = null;
  return new Promise((resolve) => {
    call.start(metadata, {
      onReceiveMetadata(received) {
        events.push('metadata');
        answered = received;
        question.metadataCame?.(call);
      },
      onReceiveMessage(received: Buffer) {
        events.push('message');
        messages.push(received);
        question.messageCame?.(call, received);
        if (reads) call.startRead();
      },
      onReceiveStatus(status) {
        events.push('status');
        resolve({ events, metadata: answered, messages, status });
      },
    });
    if (reads) call.startRead();
    question.started?.(call);
    sendAll(call, [...(question.messages ?? [Buffer.from('question')])], () => {
      if (halfCloses) call.halfClose();
    });
  });
}

/** One message after the other, as grpc-js's clients do it: each when the one before is written. */
function sendAll(call: StartedCall, [next, ...rest]: readonly Uint8Array[], done: () => void): void {
  if (next === undefined) {
    done();
    return;
  }
  const isLast = rest.length === 0;
  const callback = isLast
    ? undefined
    : () => {
        sendAll(call, rest, done);
      };
  call.sendMessageWithContext({ callback }, Buffer.from(next));
  if (isLast) done();
}

/** What can be compared with what another channel makes of the same answer. */
export function comparable({ metadata, messages, status, events }: Outcome) {
  return {
    events,
    metadata: metadata === null ? null : plain(metadata),
    messages: messages.map(({ length }, at) => (length < 100 ? messages[at]?.toString('latin1') : length)),
    code: code[status.code],
    trailers: plain(status.metadata),
  };
}

/** Metadata without what HTTP and the libraries add to it. */
export function plain(metadata: Metadata): object {
  const whole = Object.entries(metadata.toJSON());
  return Object.fromEntries(whole.filter(([key]) => !['date', 'content-type', 'user-agent'].includes(key)));
}
