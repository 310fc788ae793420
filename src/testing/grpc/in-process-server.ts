import { EventEmitter } from 'node:events';
import { Duplex, Readable, Writable } from 'node:stream';
import {
  Metadata,
  status as code,
  type ServiceDefinition,
  type StatusObject,
  type UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { messageOf } from '../../model/index.js';

type Method = ServiceDefinition[string];
type Handler = (call: object, answer?: (...args: Parameters<UnaryCallback>) => void) => void;
type UnaryCallback = (error: unknown, value?: unknown, trailer?: Metadata) => void;

/** A service of a simulated plugin, implemented as for a grpc-js server. */
export interface SimulatedService {
  readonly definition: ServiceDefinition;
  readonly implementation: UntypedServiceImplementation;
}

/** The start of a call, as the server sees it. */
export interface ServerRequest {
  /** For example `/example.kv.v1.KV/Get`. */
  readonly method: string;
  readonly deadline: Date | number;
  readonly host: string;
  readonly metadata: Metadata;
}

/** The client's side of a call, as the server's side calls it. */
export interface ClientSide {
  metadata(sent: Metadata): void;
  message(sent: Buffer): void;
  /** The final status. */
  status(sent: StatusObject): void;
}

/** The server's side of one call. */
export interface ServerSide {
  begin(): void;
  message(received: Buffer): void;
  halfClose(): void;
  cancel(): void;
}

/** Opens the server's side of a call. */
export type ServerSideFactory = (request: ServerRequest, client: ClientSide) => ServerSide;

/** Serves calls with these services, as a grpc-js server does. */
export function serveInProcess(services: readonly SimulatedService[]): ServerSideFactory {
  const methods = new Map(
    services.flatMap(({ definition, implementation }) =>
      Object.entries(definition).map(([name, method]): [string, { method: Method; handler: Handler }] => {
        const found = implementation[name] ?? implementation[method.originalName ?? name];
        return [method.path, { method, handler: found?.bind(implementation) as Handler }];
      }),
    ),
  );
  return (request, client) => {
    const found = methods.get(request.method);
    if (found?.handler === undefined) return unimplemented(request, client);
    return serverSide(request, found.method, found.handler, client);
  };
}

function serverSide(
  request: ServerRequest,
  method: Method,
  handler: Handler,
  client: ClientSide,
): ServerSide {
  const sender = createResponseSender(method, client);
  const stream = method.requestStream ? openStream(method, sender) : null;
  const requests: Buffer[] = [];
  let call: ServerSurfaceCall | null = null;
  const handle = (surface: ServerSurfaceCall): void => {
    call = surface;
    try {
      handler(surface, method.responseStream ? undefined : sender.answer);
    } catch (error) {
      sender.fail({ code: code.UNKNOWN, details: `Server method handler threw error ${messageOf(error)}` });
    }
  };
  return {
    begin() {
      if (stream !== null) handle(withCallSurface(stream, request, sender));
    },
    message(received) {
      if (stream === null) requests.push(received);
      else stream.push(method.requestDeserialize(received));
    },
    halfClose() {
      if (stream !== null) {
        stream.push(null);
        return;
      }
      const [only] = requests;
      if (only === undefined) {
        sender.fail({ code: code.UNIMPLEMENTED, details: 'Received no message for a unary request' });
        return;
      }
      const object = method.responseStream ? openWritable(sender) : new EventEmitter();
      handle(
        Object.assign(withCallSurface(object, request, sender), {
          request: method.requestDeserialize(only) as unknown,
        }),
      );
    },
    cancel() {
      sender.stop();
      if (call === null || call.cancelled) return;
      call.cancelled = true;
      call.emit('cancelled', 'cancelled');
    },
  };
}

type ServerSurfaceCall = EventEmitter & { cancelled: boolean };
type ResponseSender = ReturnType<typeof createResponseSender>;

function createResponseSender(method: Method, client: ClientSide) {
  let headersSent = false;
  let isOver = false;
  const sendHeaders = (metadata = new Metadata()): void => {
    if (headersSent || isOver) return;
    headersSent = true;
    client.metadata(metadata);
  };
  const end = (status: StatusObject): void => {
    if (isOver) return;
    sendHeaders();
    isOver = true;
    client.status(status);
  };
  const fail = (error: unknown): void => {
    end(statusOf(error));
  };
  const send = (value: unknown): void => {
    if (isOver) return;
    sendHeaders();
    client.message(method.responseSerialize(value));
  };
  const succeed = (trailer = new Metadata()): void => {
    end({ code: code.OK, details: 'OK', metadata: trailer });
  };
  const answer: UnaryCallback = (error, value, trailer) => {
    if (error !== null && error !== undefined) {
      fail(trailer === undefined ? error : { ...error, metadata: trailer });
      return;
    }
    send(value);
    succeed(trailer);
  };
  return {
    sendHeaders,
    send,
    fail,
    succeed,
    answer,
    stop: () => {
      isOver = true;
    },
  };
}

/** Adds the properties of grpc-js's server calls to a stream or an emitter. */
function withCallSurface(
  object: EventEmitter,
  request: ServerRequest,
  sender: ResponseSender,
): ServerSurfaceCall {
  return Object.assign(object, {
    cancelled: false,
    metadata: request.metadata,
    getPeer: () => 'simulated',
    getDeadline: () => request.deadline,
    getPath: () => request.method,
    getHost: () => request.host,
    getAuthContext: () => ({}),
    sendMetadata: sender.sendHeaders,
  });
}

function openStream(method: Method, sender: ResponseSender): Readable {
  const read = (): void => undefined;
  if (!method.responseStream) return withErrors(new Readable({ objectMode: true, read }), sender);
  return withTrailersAtEnd(
    new Duplex({ objectMode: true, read, ...writableOptions(sender), autoDestroy: false }),
    sender,
  );
}

function openWritable(sender: ResponseSender): Writable {
  return withTrailersAtEnd(
    new Writable({ objectMode: true, ...writableOptions(sender), autoDestroy: false }),
    sender,
  );
}

function writableOptions(sender: ResponseSender) {
  return {
    write(value: unknown, _: BufferEncoding, done: () => void): void {
      sender.send(value);
      done();
    },
  };
}

/** Lets `end()` of a response stream take trailers, as grpc-js does. */
function withTrailersAtEnd<Stream extends Writable>(stream: Stream, sender: ResponseSender): Stream {
  const end = stream.end.bind(stream) as () => Stream;
  let trailer: Metadata | undefined;
  stream.end = (metadata?: unknown) => {
    if (metadata instanceof Metadata) trailer = metadata;
    return end();
  };
  stream.once('finish', () => {
    sender.succeed(trailer);
  });
  return withErrors(stream, sender);
}

function withErrors<Stream extends EventEmitter>(stream: Stream, sender: ResponseSender): Stream {
  stream.on('error', (error: unknown) => {
    sender.fail(error);
  });
  return stream;
}

function statusOf(error: unknown): StatusObject {
  const { code: given, details, metadata } = error as Partial<StatusObject>;
  return {
    code: typeof given === 'number' ? given : code.UNKNOWN,
    details: details ?? messageOf(error),
    metadata: metadata ?? new Metadata(),
  };
}

function unimplemented({ method }: ServerRequest, client: ClientSide): ServerSide {
  return {
    begin() {
      client.status({
        code: code.UNIMPLEMENTED,
        details: `The server does not implement the method ${method}`,
        metadata: new Metadata(),
      });
    },
    message: () => undefined,
    halfClose: () => undefined,
    cancel: () => undefined,
  };
}
