import { promisify } from 'node:util';
import { loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createEnvironment } from 'espalier';

const { KV } = loadPackageDefinition(loadSync('examples/proto/kv.proto')).example.kv.v1;
const env = await createEnvironment({ bundles: ['examples/plugins/hello-node'] });
const id = 'com.example.hello-node';

await env.activate(id); // rejects with a PluginError that says what to do next
const kv = env.plugin(id).client(KV); // a grpc-js client that stays valid over restarts
const put = promisify(kv.put.bind(kv));
await put({ key: 'greeting', value: Buffer.from('hello') });

env.events.subscribe(async ({ type, status }) => {
  if (type !== 'plugin.status') return;
  console.log(`generation ${status.generation}: ${status.state}`);
  if (status.state !== 'healthy') return;
  await put({ key: 'greeting', value: Buffer.from('hello again') }); // the same client, another process
  await env.shutdown(); // no process is left
});
process.kill(env.status(id).pid, 'SIGKILL'); // it is restarted at once
