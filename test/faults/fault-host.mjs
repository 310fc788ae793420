// A host of its own for each fault: it does what it is told over IPC, and tells every change of a plugin's status.
import { closeSync, createWriteStream, openSync } from 'node:fs';
import { Client, Metadata } from '@grpc/grpc-js';
import { createEnvironment } from '../../dist/esm/index.js';

const { sink, ...options } = JSON.parse(process.argv[2]);
const sinks = sink === undefined ? {} : { rawStderr: () => createWriteStream(sink, { flags: 'a' }) };
const env = await createEnvironment({ ...options, sinks });
const hoard = [];
let hoarding;

env.events.subscribe((event) => {
  if (event.type === 'plugin.status') tell({ status: event.status });
  else if (event.type === 'plugin.log') tell({ log: event.entry.message, plugin: event.plugin });
  else if (event.type === 'environment.guardian') tell({ guardian: event.pid });
  else if (event.type === 'environment.stateDirectory') tell({ intent: event });
});

const deeds = {
  env: ({ method, args }) => env[method](...args),
  rpc: ({ id, path, text }) => unary(env.plugin(id).client(Client), path, Buffer.from(text)),
  /** Keeps the event loop from doing anything else. */
  block: ({ ms }) => {
    const end = performance.now() + ms;
    while (performance.now() < end);
  },
  /** Sets the clock on the wall for everything that runs in this process. */
  shiftClock: ({ ms }) => {
    const WallClock = Date;
    globalThis.Date = class extends WallClock {
      constructor(...moment) {
        super(...(moment.length === 0 ? [WallClock.now() + ms] : moment));
      }
      static now() {
        return WallClock.now() + ms;
      }
    };
  },
  /** Takes every file descriptor that is left, and each that becomes free. */
  hoard: () => {
    takeAll();
    hoarding = setInterval(takeAll, 5);
  },
  release: () => {
    clearInterval(hoarding);
    hoard.splice(0).forEach((descriptor) => closeSync(descriptor));
  },
  end: async () => {
    await env.shutdown();
    process.disconnect();
  },
};

process.on('message', async ({ number, deed, ...rest }) => {
  try {
    tell({ number, value: (await deeds[deed](rest)) ?? null });
  } catch (error) {
    tell({ number, error: { code: error.code, message: error.message } });
  }
});
process.on('disconnect', () => void env.shutdown());
tell({ number: 0 });

function takeAll() {
  try {
    for (;;) hoard.push(openSync('/dev/null'));
  } catch (error) {
    if (error.code !== 'EMFILE') throw error;
  }
}

function tell(message) {
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
