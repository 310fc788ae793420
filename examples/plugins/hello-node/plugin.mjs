// The store of kv.proto as a plugin.

import { fileURLToPath } from 'node:url';
import { loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { log, serve } from 'espalier/plugin';

const proto = fileURLToPath(new URL('../../proto/kv.proto', import.meta.url));
const { KV } = loadPackageDefinition(loadSync(proto)).example.kv.v1;

const values = new Map();
const watchers = new Set();

function put({ request: { key, value } }, answer) {
  values.set(key, value);
  tell({ key, value });
  console.log(`put ${key}`);
  answer(null, {});
}

function get({ request: { key } }, answer) {
  if (values.has(key)) answer(null, { value: values.get(key) });
  else answer({ code: status.NOT_FOUND, details: `no such key: ${key}` });
}

function remove({ request: { key } }, answer) {
  if (values.delete(key)) tell({ key });
  answer(null, {});
}

function watch(call) {
  watchers.add(call);
  call.on('cancelled', () => watchers.delete(call));
  call.sendMetadata(new Metadata());
}

function tell(change) {
  for (const watcher of watchers) watcher.write(change);
}

await serve({
  services: [
    { definition: KV.service, implementation: { Put: put, Get: get, Delete: remove, Watch: watch } },
  ],
  hooks: {
    onActivate() {
      log.info('the store is open', { backend: 'memory' });
    },
  },
});
