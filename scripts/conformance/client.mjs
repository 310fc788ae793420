// The client under test of the Connect project's conformance suite: reads requests from stdin and makes each over a
// client on a channel of ours, as `env.plugin(id).client(…)` gives it; writes what came of it to stdout. The way `yamux`
// makes every connection a stream of one yamux session with the reference implementation, which relays it to the server.
import { InterceptingCall, makeGenericClientConstructor, Metadata } from '@grpc/grpc-js';
import protobuf from 'protobufjs';
import { of } from 'rxjs';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCallCounter,
  createPluginChannel,
  createPluginClient,
} from '../../dist/modules/effects/index.js';
import { openChannel } from '../../dist/modules/effects/http2/open-channel.js';
import { openSocket } from '../../dist/modules/effects/socket/open-socket.js';
import { createYamuxSession } from '../../dist/modules/effects/yamux/index.js';
import { manualTls, plaintext } from '../../dist/modules/effects/tls/security.js';

const [protos, way, relay] = process.argv.slice(2);
const openRaw = way === 'yamux' ? await openByYamux() : openByTcp;
const root = new protobuf.Root();
root.resolvePath = (_, target) => (target.startsWith('google/protobuf/') ? target : join(protos, target));
root.loadSync(['client_compat', 'service'].map((name) => `connectrpc/conformance/v1/${name}.proto`));
const type = (name) => root.lookupType(`connectrpc.conformance.v1.${name}`);
const status = protobuf
  .parse(
    'syntax="proto3"; message Any { string type_url=1; bytes value=2; } message Status { int32 code=1; string message=2; repeated Any details=3; }',
  )
  .root.lookupType('Status');
const [Request, Response] = [type('ClientCompatRequest'), type('ClientCompatResponse')];

/** The methods of the service, whose requests are sent as the suite gives them. */
const methods = root.lookupService('connectrpc.conformance.v1.ConformanceService').methodsArray;
const Service = makeGenericClientConstructor(
  Object.fromEntries(
    methods.map(({ name, requestStream, responseStream, responseType }) => [
      name,
      {
        path: `/connectrpc.conformance.v1.ConformanceService/${name}`,
        requestStream: requestStream === true,
        responseStream: responseStream === true,
        requestSerialize: (bytes) => Buffer.from(bytes),
        responseDeserialize: (bytes) => type(responseType).decode(bytes),
      },
    ]),
  ),
);

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function connect({ host, port, serverTlsCert, clientTlsCreds }) {
  const security =
    serverTlsCert.length === 0
      ? plaintext()
      : manualTls({
          rootCertificates: Buffer.from(serverTlsCert).toString(),
          serverName: 'localhost',
          ...(clientTlsCreds && {
            certificate: Buffer.from(clientTlsCreds.cert).toString(),
            privateKey: Buffer.from(clientTlsCreds.key).toString(),
          }),
        });
  const address = `${host}:${port}`;
  const grpc = openChannel(address, () => openRaw(address), security);
  await new Promise((done, fail) => grpc.connect((failure) => (failure === null ? done() : fail(failure))));
  const channel = createPluginChannel(() => ({ plugin: 'conformance', state: 'lost', isTemporary: false }));
  channel.connect({ grpc, calls: createCallCounter() });
  return { grpc, channel };
}

function openByTcp(address) {
  return openSocket({ network: 'tcp', address });
}

/** Starts the relay, which connects to a socket of ours and serves yamux on it. */
async function openByYamux() {
  const folder = mkdtempSync(join(tmpdir(), 'relay-'));
  const path = join(folder, 'yamux');
  const server = createServer();
  const connected = once(server, 'connection');
  server.listen(path);
  await once(server, 'listening');
  const child = spawn(relay, ['server', path], { stdio: 'ignore' });
  // Nothing of the relay keeps this process from ending when all is answered.
  child.unref();
  process.on('exit', () => {
    child.kill();
    rmSync(folder, { recursive: true });
  });
  const [socket] = await connected;
  server.close();
  socket.unref();
  const session = createYamuxSession(socket, 'client');
  return (address) => {
    const stream = session.open();
    stream.write(`relay ${address}\n`);
    return of(stream);
  };
}

function metadataOf(headers) {
  const metadata = new Metadata();
  for (const { name, value } of headers)
    for (const one of value)
      metadata.add(name, name.toLowerCase().endsWith('-bin') ? Buffer.from(one, 'base64') : one);
  return metadata;
}

function headersOf(metadata) {
  const text = (value) => (typeof value === 'string' ? value : value.toString('base64').replaceAll('=', ''));
  return Object.keys(metadata?.getMap() ?? {}).map((name) => ({ name, value: metadata.get(name).map(text) }));
}

function errorOf({ code, details, metadata }) {
  const [binary] = metadata?.get('grpc-status-details-bin') ?? [];
  const more = binary === undefined ? [] : status.decode(binary).details;
  return {
    code,
    message: details,
    details: more.map(({ type_url, typeUrl, value }) => ({ type_url: type_url ?? typeUrl, value })),
  };
}

/** Makes one call; what came of it. */
async function perform(request, channel) {
  const client = createPluginClient(Service, channel, {
    ...(way === 'ordinary' && { interceptors: [(given, next) => new InterceptingCall(next(given))] }),
    ...(request.messageReceiveLimit > 0 && {
      'grpc.max_receive_message_length': request.messageReceiveLimit,
    }),
    ...(request.compression === 2 && { 'grpc.default_compression_algorithm': 2 }),
  });
  const { requestStream, responseStream } = methods.find(({ name }) => name === request.method) ?? {};
  const result = { payloads: [], responseHeaders: [], responseTrailers: [], numUnsentRequests: 0 };
  const messages = request.requestMessages.map(({ value }) => value ?? Buffer.alloc(0));
  const metadata = metadataOf(request.requestHeaders);
  let finish;
  const finished = new Promise((done) => (finish = done));
  const answered = (error, response) => {
    if (error) result.error = errorOf(error);
    else result.payloads.push(response.payload ?? {});
  };
  await pause(requestStream ? 0 : request.requestDelayMs);
  const { timeoutMs } = request;
  const options = typeof timeoutMs === 'number' ? { deadline: Date.now() + timeoutMs } : {};
  const call = requestStream
    ? responseStream
      ? client[request.method](metadata, options)
      : client[request.method](metadata, options, answered)
    : responseStream
      ? client[request.method](messages[0], metadata, options)
      : client[request.method](messages[0], metadata, options, answered);
  call.on('metadata', (received) => (result.responseHeaders = headersOf(received)));
  call.on('status', ({ metadata: trailers }) => {
    result.responseTrailers = headersOf(trailers);
    setImmediate(finish);
  });
  const { afterNumResponses, afterCloseSendMs, beforeCloseSend } = request.cancel ?? {};
  let waiting = null;
  if (responseStream) {
    call.on('error', (error) => (result.error = errorOf(error)));
    call.on('data', ({ payload }) => {
      result.payloads.push(payload ?? {});
      if (result.payloads.length === afterNumResponses) call.cancel();
      waiting?.();
    });
    call.on('end', () => waiting?.());
  }
  let isOver = false;
  void finished.then(() => {
    isOver = true;
    waiting?.();
  });
  if (requestStream) {
    const isFullDuplex = request.streamType === 5;
    for (const [at, message] of messages.entries()) {
      await pause(request.requestDelayMs);
      if (isOver) {
        result.numUnsentRequests = messages.length - at;
        break;
      }
      const before = result.payloads.length;
      call.write(message);
      if (isFullDuplex && result.payloads.length === before)
        await new Promise((done) => {
          waiting = done;
          if (isOver) done();
        });
      waiting = null;
    }
    if (beforeCloseSend) call.cancel();
    else call.end();
  }
  if (afterCloseSendMs !== undefined && afterCloseSendMs !== null) {
    await pause(afterCloseSendMs);
    call.cancel();
  }
  await finished;
  return result;
}

async function answerTo(request) {
  let grpc = null;
  try {
    const connected = await connect(request);
    grpc = connected.grpc;
    return { testName: request.testName, response: await perform(request, connected.channel) };
  } catch (error) {
    return { testName: request.testName, error: { message: String(error?.stack ?? error) } };
  } finally {
    grpc?.destroy();
  }
}

/** Messages on stdin and stdout have their length before them, in four bytes. */
function write(response) {
  const bytes = Response.encode(Response.fromObject(response)).finish();
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes.length);
  process.stdout.write(Buffer.concat([prefix, bytes]));
}

const atOnce = 4;
const queue = [];
let running = 0;

/** Few at a time, so that the time-outs of calls are about the calls. */
function work() {
  for (; running < atOnce && queue.length > 0; running += 1)
    void answerTo(queue.shift()).then((response) => {
      write(response);
      running -= 1;
      work();
    });
}

let held = Buffer.alloc(0);
for await (const chunk of process.stdin) {
  held = Buffer.concat([held, chunk]);
  while (held.length >= 4 && held.length >= 4 + held.readUInt32BE(0)) {
    const end = 4 + held.readUInt32BE(0);
    const request = Request.toObject(Request.decode(held.subarray(4, end)), {
      arrays: true,
      defaults: false,
      oneofs: true,
    });
    held = held.subarray(end);
    request.serverTlsCert ??= [];
    request.requestDelayMs ??= 0;
    queue.push(request);
    work();
  }
}
