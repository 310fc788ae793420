import { promisify } from 'node:util';
import { loadPackageDefinition, Metadata } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createEnvironment } from 'espalier';

const { KV } = loadPackageDefinition(loadSync('examples/proto/kv.proto')).example.kv.v1;
const env = await createEnvironment({ bundles: ['examples/plugins/hello-node'] });
const id = 'com.example.hello-node';
env.events.subscribe((event) => {
  if (event.type === 'plugin.status') console.log(event.status.state, event.status.phase ?? '');
});

await env.activate(id); // rejects with a PluginError that says what to do next
const kv = env.plugin(id).client(KV); // a grpc-js client that stays valid over restarts
await promisify(kv.put).call(kv, { key: 'greeting', value: Buffer.from('hello') });

process.kill(env.status(id).pid, 'SIGKILL'); // it is restarted; the next call waits for it
const again = { metadata: new Metadata({ waitForReady: true }), deadline: { deadline: Date.now() + 5000 } };
await promisify(kv.put).call(
  kv,
  { key: 'greeting', value: Buffer.from('hi') },
  again.metadata,
  again.deadline,
);
console.log(env.explain(id).summary);
await env.shutdown(); // no process is left
