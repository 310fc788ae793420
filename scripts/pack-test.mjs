// Installs the packed tarball into an empty folder and embeds it there from TypeScript, ESM, CommonJS, a CommonJS
// jest, and the command line. Needs the npm registry for the package's dependencies.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFakeInterpreters } from './build-fake-interpreters.mjs';
import { useRunFolder } from './run-folder.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = useRunFolder();
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

const use = (program) => `
  const env = await createEnvironment({ programs: [{ id: 'packed', command: ${JSON.stringify(program)} }] });
  await env.activate('packed');
  await env.performHealthCheck('packed');
  const { state, pid } = env.status('packed');
  if (state !== 'healthy' || pid === null) throw new Error(state);
  await env.shutdown();
`;

const simulate = `
  const simulated = await createSimulatedEnvironment({ plugins: { packed: crashesAfter(60_000) } });
  await simulated.env.activate('packed');
  await simulated.runUntil('packed', 'restarting');
  await simulated.runUntil('packed', 'healthy');
  if (simulated.env.status('packed').generation !== 2) throw new Error('It did not come back.');
  await simulated.shutdown();
  if (simulated.processes().length > 0) throw new Error('Something is left.');
`;

await buildFakeInterpreters();
const healthy = join(root, 'fake-interpreters/dist/healthy');
const [{ filename, files }] = JSON.parse(run('npm', ['pack', '--json', '--pack-destination', folder], root));
const strange = files.filter(
  ({ path }) =>
    /(^|\/)test\/|\.test\.|fake-interpreters|__pycache__|\.map\.map/.test(path) && !path.startsWith('dist/'),
);
if (strange.length > 0) throw new Error(`The tarball check ${strange.map(({ path }) => path)}`);
console.log(`packed ${filename}: ${files.length} files`);

writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
run('npm', ['install', '--no-audit', '--no-fund', join(folder, filename)]);
console.log('installed in an empty folder');

const check = (name, act) => {
  act();
  console.log(`ok   ${name}`);
};
check('ESM', () => {
  writeFileSync(
    join(folder, 'esm.mjs'),
    `import { createEnvironment } from 'espalier';
      import { crashesAfter, createSimulatedEnvironment } from 'espalier/testing';\n${use(healthy)}${simulate}`,
  );
  run(process.execPath, ['esm.mjs']);
});
check('CommonJS', () => {
  writeFileSync(
    join(folder, 'commonjs.cjs'),
    `const { createEnvironment } = require('espalier');
      const { crashesAfter, createSimulatedEnvironment } = require('espalier/testing');
      (async () => {${use(healthy)}${simulate}})().catch((error) => { console.error(error); process.exit(1); });`,
  );
  run(process.execPath, ['commonjs.cjs']);
});
check('TypeScript', () => {
  const source = `import { createEnvironment, isPluginError, type PluginErrorCode, type PluginStatus } from 'espalier';
      import { crashesAfter, createSimulatedEnvironment, type Behaviour } from 'espalier/testing';
      import { log, serve, type ServeEnd, type ServeOptions } from 'espalier/plugin';
      export async function main(): Promise<void> {
        ${use(healthy)}
        ${simulate}
        // @ts-expect-error -- a behaviour that does not exist
        const flies: Behaviour = { flies: true };
        if (typeof flies === 'function') throw new Error();
        const options: ServeOptions = {
          services: (server, { broker, version }) => {
            log.info('never called here', { version, next: broker.nextId(), server });
          },
        };
        // @ts-expect-error -- an end that does not exist
        const serveIt: () => Promise<'never'> = () => serve(options);
        const inTime: () => Promise<ServeEnd> = () => serve(options);
        if (typeof serveIt !== typeof inTime) throw new Error();
        const codes: PluginErrorCode[] = ['START_TIMEOUT'];
        const statuses: readonly PluginStatus[] = env.statuses();
        const error: unknown = statuses[0]?.error;
        if (isPluginError(error) && codes.includes(error.code)) throw error;
        // @ts-expect-error -- a state that does not exist
        if (statuses[0]?.state === 'flying') throw new Error();
      }
      main().catch((error: unknown) => { console.error(error); process.exit(1); });`;
  writeFileSync(join(folder, 'typescript.mts'), source);
  writeFileSync(join(folder, 'legacy.cts'), source);
  const strict = [
    '--strict',
    '--module',
    'NodeNext',
    '--target',
    'ES2022',
    '--types',
    'node',
    '--typeRoots',
    join(root, 'node_modules/@types'),
  ];
  run(process.execPath, [
    join(root, 'node_modules/typescript/bin/tsc'),
    ...strict,
    'typescript.mts',
    'legacy.cts',
  ]);
  run(process.execPath, ['typescript.mjs']);
  run(process.execPath, ['legacy.cjs']);
});
check("a CommonJS server's own jest", () => {
  writeFileSync(
    join(folder, 'embedder.test.js'),
    `const { createEnvironment } = require('espalier');
      const { crashesAfter, createSimulatedEnvironment } = require('espalier/testing');
      test('embeds', async () => {${use(healthy)}});
      test('pretends', async () => {${simulate}});`,
  );
  run(process.execPath, [
    join(root, 'node_modules/jest/bin/jest.js'),
    '--rootDir',
    folder,
    '--silent',
    '--reporters',
    'default',
  ]);
});
check('a plugin of espalier/plugin, as ESM and as CommonJS', () => {
  const serves = `const Echo = { path: '/packed.Echo/Echo', requestStream: false, responseStream: false,
      requestSerialize: String, requestDeserialize: String, responseSerialize: Buffer.from, responseDeserialize: String };
    const implementation = { Echo: ({ request }, answer) => answer(null, request) };
    serve({ services: [{ definition: { Echo }, implementation }], hooks: { onActivate: () => log.info('packed') } });`;
  writeFileSync(join(folder, 'plugin.mjs'), `import { log, serve } from 'espalier/plugin';\n${serves}`);
  writeFileSync(join(folder, 'plugin.cjs'), `const { log, serve } = require('espalier/plugin');\n${serves}`);
  for (const plugin of ['plugin.mjs', 'plugin.cjs']) {
    const command = [process.execPath, join(folder, plugin)];
    const report = JSON.parse(
      run(join(folder, 'node_modules/.bin/espalier'), ['check', '--json', '--', ...command]),
    );
    if (report.ok !== true) throw new Error(JSON.stringify(report));
  }
});
check('the command line', () => {
  const report = JSON.parse(
    run(join(folder, 'node_modules/.bin/espalier'), ['check', '--json', '--', healthy]),
  );
  if (report.ok !== true) throw new Error(JSON.stringify(report));
  run(join(folder, 'node_modules/.bin/espalier'), ['graph', 'plugin']);
});
console.log('the packed tarball works');
