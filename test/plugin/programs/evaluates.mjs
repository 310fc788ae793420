// A plugin that runs what a test sends it. Its argument is JSON:
// { before, options, hooks, child, after }, of which all but the options are code.
import { createRequire } from 'node:module';
import { log, serve } from 'espalier/plugin';

const { before = '', options = {}, hooks = {}, child = '', after = '' } = JSON.parse(process.argv[2] ?? '{}');
const AsyncFunction = (async () => {}).constructor;
const require = createRequire(import.meta.url);
const run = (code, names) => new AsyncFunction(...Object.keys(names), code)(...Object.values(names));
const json = (value) => Buffer.from(JSON.stringify(value ?? false));
const method = {
  path: '/test.Plugin/Run',
  requestStream: false,
  responseStream: false,
  requestSerialize: json,
  requestDeserialize: (bytes) => JSON.parse(bytes.toString()),
  responseSerialize: json,
  responseDeserialize: (bytes) => JSON.parse(bytes.toString()),
};
const known = { require, log, serve, file: process.argv[1], argv: process.argv.slice(2), kept: new Map() };

const service = (context) => ({
  definition: { Run: method },
  implementation: {
    Run({ request }, answer) {
      run(request, { ...known, ...context, method, service }).then(
        (value) => answer(null, value),
        (error) => answer({ code: 13, details: `${error.code ?? ''} ${error.message}` }),
      );
    },
  },
});

await run(before, known);
const hooked = Object.entries(hooks).map(([name, code]) => [
  name,
  (configuration) => run(code, { ...known, configuration }),
]);
const end = await serve({
  hooks: Object.fromEntries(hooked),
  services: (server, context) => {
    const { definition, implementation } = service(context);
    server.addService(definition, implementation);
  },
  ...options,
});
await run(end === 'child' ? child : after, { ...known, end });
