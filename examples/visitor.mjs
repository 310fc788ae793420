// Rides along with `espalier run`: speaks with every plugin, and now and then kills one to see it come back.
import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const visitEveryMs = 2000;
const killEveryMs = 7000;
const proto = fileURLToPath(new URL('./proto/kv.proto', import.meta.url));
const { KV } = loadPackageDefinition(loadSync(proto)).example.kv.v1;

export default function visit(env, { print }) {
  let visits = 0;
  let kills = 0;

  /** Puts a value and gets it back. The call waits while the plugin is restarted. */
  async function greet(id) {
    const client = env.plugin(id).client(KV);
    const begun = performance.now();
    const value = `visit ${visits}`;
    await call(client, 'Put', { key: 'greeting', value: Buffer.from(value) });
    const answer = await call(client, 'Get', { key: 'greeting' });
    const { generation } = env.status(id);
    const ms = (performance.now() - begun).toFixed(1);
    print(`visitor      ${id} remembers "${answer.value}" (generation ${generation}, ${ms} ms)`);
  }

  const visiting = setInterval(() => {
    visits += 1;
    for (const { id, wanted } of env.statuses()) {
      if (wanted) greet(id).catch((error) => print(`visitor      ${id} did not answer: ${error.details}`));
    }
  }, visitEveryMs);

  const killing = setInterval(() => {
    const running = env.active();
    const id = running[kills % running.length];
    if (id === undefined) return;
    kills += 1;
    const { pid } = env.status(id);
    print(`visitor      kills ${id} (kill -9 ${pid})`);
    process.kill(pid, 'SIGKILL');
  }, killEveryMs);

  return () => {
    clearInterval(visiting);
    clearInterval(killing);
  };
}

function call(client, method, request) {
  const metadata = new Metadata({ waitForReady: true });
  return new Promise((resolve, reject) => {
    client[method](request, metadata, { deadline: Date.now() + 5000 }, (error, response) => {
      if (error) reject(error);
      else resolve(response);
    });
  });
}
