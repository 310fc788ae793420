// The host process of one fault scenario: it runs commands that it receives over IPC, and sends every event.
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { Client, Metadata } from '@grpc/grpc-js';
import { createEnvironment, startInspector } from '../../dist/esm/index.js';

const { sink, callbacks, ...options } = JSON.parse(process.argv[2]);
const sinks = sink === undefined ? {} : { rawStderr: () => createWriteStream(sink, { flags: 'a' }) };
const fail = () => {
  throw new Error('a callback of the embedder');
};
const failing = {
  logger: { trace: fail, debug: fail, info: fail, warn: fail, error: fail },
  inspect: { next: fail },
};
const env = await createEnvironment({ ...options, sinks, ...(callbacks === 'throw' && failing) });
if (callbacks === 'throw') env.events.subscribe(fail);
const failedCallbacks = [];
let inspector = null;
const heldDescriptors = [];
let holdTimer;
const tickMs = 5;
let loopTimer;
let longestStallMs = 0;

env.events.subscribe((event) => {
  if (event.type === 'environment.callbackFailed') failedCallbacks.push(event.callback);
  if (event.type === 'plugin.status') send({ status: event.status });
  else if (event.type === 'plugin.log') send({ log: event.entry.message, plugin: event.plugin });
  else if (event.type === 'environment.guardian') send({ guardian: event.pid });
  else if (event.type === 'environment.stateDirectory') send({ stateDirectory: event });
});

const commands = {
  env: ({ method, args }) => env[method](...args),
  rpc: ({ id, path, text }) => unary(env.plugin(id).client(Client), path, Buffer.from(text)),
  /** Blocks the event loop. */
  block: ({ ms }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
  /** Changes the wall clock of this process. */
  shiftClock: ({ ms }) => {
    const RealDate = Date;
    globalThis.Date = class extends RealDate {
      constructor(...moment) {
        super(...(moment.length === 0 ? [RealDate.now() + ms] : moment));
      }
      static now() {
        return RealDate.now() + ms;
      }
    };
  },
  /** Opens files until no descriptor is free, and again as soon as one becomes free. */
  takeDescriptors: () => {
    holdFreeDescriptors();
    holdTimer = setInterval(holdFreeDescriptors, 5);
  },
  releaseDescriptors: () => {
    clearInterval(holdTimer);
    heldDescriptors.splice(0).forEach((descriptor) => closeSync(descriptor));
  },
  /** Measures the longest time between two iterations of the event loop from now on. */
  watchLoop: () => {
    longestStallMs = 0;
    let last = performance.now();
    clearInterval(loopTimer);
    loopTimer = setInterval(() => {
      const now = performance.now();
      longestStallMs = Math.max(longestStallMs, now - last - tickMs);
      last = now;
    }, tickMs);
  },
  loopStall: () => longestStallMs,
  /** Calls a plugin over and over: a host that has served for a while has the memory that serving takes. */
  warmUp: async ({ id, path, calls }) => {
    const client = env.plugin(id).client(Client);
    for (let call = 0; call < calls; call += 1) await unary(client, path, Buffer.from('warm'));
  },
  /** Opens a stream of messages and does not read it. */
  openUnreadStream: ({ id, path }) => {
    const same = (bytes) => bytes;
    const call = env.plugin(id).client(Client).makeServerStreamRequest(path, same, same, Buffer.from('{}'));
    call.on('error', () => undefined);
    call.on('metadata', () => undefined);
  },
  /** Serves nothing on an id of the broker, so that knocks for it are answered. */
  serveNothing: async ({ id }) => {
    const { broker } = env.plugin(id);
    return (await broker.acceptAndServe(broker.nextId(), () => undefined)).id;
  },
  /** Makes another environment beside the first one, and ends it. */
  secondEnvironment: ({ options: other }) => createEnvironment(other).then((second) => second.shutdown()),
  failedCallbacks: () => failedCallbacks,
  /** Serves the inspector's page. */
  inspect: async () => {
    inspector = await startInspector();
    return inspector.url;
  },
  closeInspector: () => inspector.close(),
  end: async () => {
    await env.shutdown();
    process.disconnect();
  },
};

process.on('message', async ({ number, command, ...rest }) => {
  try {
    send({ number, value: (await commands[command](rest)) ?? null });
  } catch (error) {
    send({ number, error: { code: error.code, message: error.message } });
  }
});
process.on('disconnect', () => void env.shutdown());
send({ number: 0 });

function holdFreeDescriptors() {
  try {
    for (;;) heldDescriptors.push(openSync('/dev/null'));
  } catch (error) {
    if (error.code !== 'EMFILE') throw error;
  }
}

function send(message) {
  if (process.connected) process.send(message, () => undefined);
}

function unary(client, path, request) {
  const same = (bytes) => bytes;
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + 5000 };
    client.makeUnaryRequest(path, same, same, request, new Metadata(), options, (error, answer) => {
      if (error === null) resolve(answer.toString());
      else reject(error);
    });
  });
}
