// Streams and large messages by Espalier's channel and by grpc-js alone, against one server of grpc-js in a process of
// its own: messages and bytes a second, and what they take of the caller's processor.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { credentials, makeClientConstructor, Server, ServerCredentials } from '@grpc/grpc-js';
import { median, printMeasure } from './statistics.mjs';

const bytes = {
  requestSerialize: (b) => b,
  requestDeserialize: (b) => b,
  responseSerialize: (b) => b,
  responseDeserialize: (b) => b,
};
const method = (name, requestStream, responseStream) => ({
  path: `/bench.Bench/${name}`,
  requestStream,
  responseStream,
  ...bytes,
});
const service = {
  Echo: method('Echo', false, false),
  Pour: method('Pour', false, true),
  PingPong: method('PingPong', true, true),
};
const unlimited = { 'grpc.max_receive_message_length': -1, 'grpc.max_send_message_length': -1 };
const rounds = 5;

if (process.argv[2] === 'serve') serve();
else await main();

function serve() {
  const server = new Server(unlimited);
  server.addService(service, {
    Echo: ({ request }, callback) => callback(null, request),
    Pour(call) {
      const [count, size] = call.request.toString().split(' ').map(Number);
      const message = Buffer.alloc(size);
      let left = count;
      const pour = () => {
        while (left > 0) {
          left -= 1;
          if (!call.write(message)) return void call.once('drain', pour);
        }
        call.end();
      };
      pour();
    },
    PingPong(call) {
      call.on('data', (message) => call.write(message)).on('end', () => call.end());
    },
  });
  server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (_, port) => process.send(port));
  process.once('disconnect', () => process.exit());
}

async function main() {
  const child = fork(new URL(import.meta.url), ['serve']);
  const [port] = await once(child, 'message');
  const Bench = makeClientConstructor(service, 'Bench');
  const address = `127.0.0.1:${port}`;
  const alone = new Bench(address, credentials.createInsecure(), unlimited);
  const { client: ours, close } = await espalierClient(Bench, address);
  const loads = {
    'server stream, 20,000 messages of 100 bytes': [
      (client) => pour(client, 20_000, 100),
      20_000,
      'messages/s',
    ],
    'ping-pong, 3,000 messages of 100 bytes': [(client) => pingPong(client, 3_000), 3_000, 'messages/s'],
    'unary of 100 KB, 200 calls': [(client) => echo(client, 200, 100_000), 40, 'MB/s'],
    'unary of 1 MiB, 40 calls': [(client) => echo(client, 40, 2 ** 20), 83.9, 'MB/s'],
    'unary of 8 MiB, 8 calls': [(client) => echo(client, 8, 2 ** 23), 134.2, 'MB/s'],
  };
  for (const [name, [load, amount, unit]] of Object.entries(loads)) {
    const seen = { Espalier: [], 'grpc-js alone': [] };
    for (let round = 0; round <= rounds; round += 1)
      for (const [host, client] of [
        ['Espalier', ours],
        ['grpc-js alone', alone],
      ]) {
        const result = await measured(() => load(client));
        if (round > 0) seen[host].push(result);
      }
    const each = (figure) =>
      Object.fromEntries(Object.entries(seen).map(([host, of]) => [host, median(of.map(figure))]));
    printMeasure(
      `${name}, median of ${rounds} interleaved rounds`,
      unit,
      each(({ ms }) => (amount * 1000) / ms),
    );
    printMeasure(
      `CPU of the caller's process: ${name}`,
      'ms',
      each(({ cpu }) => cpu / 1000),
    );
  }
  alone.close();
  close();
  child.disconnect();
}

async function espalierClient(Bench, address) {
  const from = (path) => import(`../dist/modules/effects/${path}.js`);
  const { createCallCounter, createPluginChannel, createPluginClient } = await from('index');
  const { openChannel } = await from('http2/open-channel');
  const { openSocket } = await from('socket/open-socket');
  const { plaintext } = await from('tls/security');
  const grpc = openChannel(address, () => openSocket({ network: 'tcp', address }), plaintext());
  await new Promise((done, fail) => grpc.connect((failure) => (failure === null ? done() : fail(failure))));
  const channel = createPluginChannel(() => ({ plugin: 'bench', state: 'lost', isTemporary: false }));
  channel.connect({ grpc, calls: createCallCounter() });
  return { client: createPluginClient(Bench, channel), close: () => grpc.destroy() };
}

async function measured(load) {
  const before = process.cpuUsage();
  const begun = performance.now();
  await load();
  const ms = performance.now() - begun;
  const { user, system } = process.cpuUsage(before);
  return { ms, cpu: user + system };
}

async function pour(client, count, size) {
  let seen = 0;
  const call = client.Pour(Buffer.from(`${count} ${size}`));
  call.on('data', () => (seen += 1));
  await once(call, 'end');
  if (seen !== count) throw new Error(`${seen} messages came`);
}

async function pingPong(client, count) {
  const call = client.PingPong();
  let left = count;
  call.on('data', () => {
    left -= 1;
    if (left > 0) call.write(Buffer.alloc(100));
    else call.end();
  });
  call.write(Buffer.alloc(100));
  await once(call, 'end');
}

async function echo(client, count, size) {
  const message = Buffer.alloc(size);
  for (let at = 0; at < count; at += 1)
    await new Promise((done, fail) => client.Echo(message, (error) => (error ? fail(error) : done())));
}
