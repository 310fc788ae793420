// The host process of one fault scenario: it runs commands that it receives over IPC, and sends every event.
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { Client, Metadata } from '@grpc/grpc-js';
import { createEnvironment } from '../../dist/esm/index.js';

const { sink, ...options } = JSON.parse(process.argv[2]);
const sinks = sink === undefined ? {} : { rawStderr: () => createWriteStream(sink, { flags: 'a' }) };
const env = await createEnvironment({ ...options, sinks });
const heldDescriptors = [];
let holdTimer;

env.events.subscribe((event) => {
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
