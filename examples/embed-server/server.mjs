// A small HTTP server that answers from a plugin, and looks after it.
//
//   npm run build && node examples/embed-server/server.mjs
//   curl -X PUT --data hello http://127.0.0.1:8080/kv/greeting
//   curl http://127.0.0.1:8080/kv/greeting
//   curl http://127.0.0.1:8080/plugins
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createEnvironment } from 'espalier';

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const { KV } = loadPackageDefinition(loadSync(here('../proto/kv.proto'))).example.kv.v1;
const plugin = process.env.PLUGIN ?? 'com.example.hello-node';

const env = await createEnvironment({
  pluginDir: here('../plugins'),
  logger: Object.fromEntries(
    ['trace', 'debug', 'info', 'warn', 'error'].map((level) => [
      level,
      (facts, message) =>
        level === 'trace' || level === 'debug' ? undefined : console.error(level, message),
    ]),
  ),
});

/** Statuses of gRPC that have a counterpart in HTTP; everything else is a bad gateway. */
const httpStatus = { [status.NOT_FOUND]: 404, [status.UNAVAILABLE]: 503, [status.DEADLINE_EXCEEDED]: 504 };

async function call(method, request) {
  const kv = env.plugin(plugin).client(KV);
  // A request that comes while the plugin is restarted waits for it, but not longer than two seconds.
  const metadata = new Metadata({ waitForReady: true });
  const attempt = () => promisify(kv[method]).call(kv, request, metadata, { deadline: Date.now() + 2000 });
  try {
    return await attempt();
  } catch (error) {
    // The plugin fell with this very call in flight, and nobody knows how far it came. All calls of this store may
    // be made twice; a call that may not must be left to the caller.
    if (error.code !== status.UNAVAILABLE) throw error;
    return attempt();
  }
}

async function bodyOf(request) {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function answer(request) {
  const [, room, name] = new URL(request.url, 'http://localhost').pathname.split('/').map(decodeURIComponent);
  const route = `${request.method} ${room}`;
  switch (route) {
    case 'GET kv':
      return { code: 200, body: (await call('get', { key: name })).value };
    case 'PUT kv':
      await call('put', { key: name, value: await bodyOf(request) });
      return { code: 204 };
    case 'DELETE kv':
      await call('delete', { key: name });
      return { code: 204 };
    case 'GET plugins':
      return { code: 200, json: name ? env.explain(name) : env.statuses() };
    default:
      return { code: 404, json: { error: `There is no ${route}.` } };
  }
}

const server = createServer((request, response) => {
  answer(request)
    .catch((error) => ({
      code: httpStatus[error.code] ?? 502,
      json: { error: error.details ?? error.message },
    }))
    .then(({ code, body, json }) => {
      response.writeHead(code, json ? { 'content-type': 'application/json' } : {});
      response.end(json ? `${JSON.stringify(json, null, 2)}\n` : body);
    });
});

async function stop() {
  server.close();
  server.closeAllConnections();
  await env.shutdown();
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.once(signal, stop);

await env.activate(plugin).catch((error) => console.error(`${error.message} ${error.hint ?? ''}`));
server.listen(Number(process.env.PORT ?? 8080), '127.0.0.1', () => {
  console.log(`listening on http://127.0.0.1:${server.address().port}`);
});
