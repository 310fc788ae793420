// Installs the packed tarball into an empty folder and embeds it there from TypeScript, ESM, CommonJS, a CommonJS
// jest, and the command line. Needs the npm registry for the package's dependencies.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildFakeInterpreters } from './build-fake-interpreters.mjs';
import { useRunFolder } from './run-folder.mjs';
import { staticImports } from './static-imports.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const folder = useRunFolder();
const run = (command, args, cwd = folder) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });

/** The compilers that a consumer may have: the oldest that is supported, the last of each line, and the newest. */
const typescripts = ['5.4', '5.9', '6', '7'];
const compilerOf = (version) => join(folder, `node_modules/typescript-${version}/bin/tsc`);

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
const [{ filename, files, size, unpackedSize }] = JSON.parse(
  run('npm', ['pack', '--json', '--pack-destination', folder], root),
);
const tarball = join(folder, filename);
const installed = join(folder, 'node_modules/espalier');
const strange = files.filter(
  ({ path }) =>
    /(^|\/)test\/|\.test\.|fake-interpreters|__pycache__|\.map\.map/.test(path) &&
    !/^(dist|examples)\//.test(path),
);
if (strange.length > 0) throw new Error(`The tarball check ${strange.map(({ path }) => path)}`);
const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`;
console.log(
  `packed ${filename}: ${files.length} files, ${kilobytes(size)}, unpacked ${kilobytes(unpackedSize)}`,
);

const devDependencies = Object.fromEntries(
  typescripts.map((version) => [`typescript-${version}`, `npm:typescript@${version}`]),
);
writeFileSync(
  join(folder, 'package.json'),
  JSON.stringify({ name: 'consumer', private: true, devDependencies }),
);
run('npm', ['install', '--no-audit', '--no-fund', tarball]);
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
check('links of the pages, which lead to files of the package', () => {
  const paths = files.map(({ path }) => path);
  const isPacked = (target) => paths.some((path) => path === target || path.startsWith(`${target}/`));
  const broken = paths
    .filter((path) => path.endsWith('.md'))
    .flatMap((page) => {
      const text = readFileSync(join(installed, page), 'utf8').replace(/^```[\s\S]*?^```$/gm, '');
      return [...text.matchAll(/\]\(([^)\s]+)\)/g)]
        .map(([, link]) => link.split('#')[0])
        .filter((link) => link !== '' && !/^[a-z]+:/.test(link))
        .map((link) => normalize(join(dirname(page), link)).replace(/\/$/, ''))
        .filter((target) => !isPacked(target))
        .map((target) => `${page} → ${target}`);
    });
  if (broken.length > 0) throw new Error(broken.join(', '));
});
check('what is loaded on demand', () => {
  const loaded = staticImports(join(installed, 'dist/esm/index.js'));
  const early = ['ws', 'commander'].filter((name) => loaded.includes(name));
  if (early.length > 0 || !loaded.includes('xstate')) throw new Error(`It loads ${loaded}`);
});
check('types without those of the machines', () => {
  const types = files.filter(({ path }) => path.endsWith('.d.ts')).map(({ path }) => path);
  const leaking = types.filter((path) => /['"]xstate/.test(readFileSync(join(installed, path), 'utf8')));
  if (types.length === 0 || leaking.length > 0) throw new Error(`XState is in ${leaking}`);
});
check('publint', () => {
  run(join(root, 'node_modules/.bin/publint'), ['run', tarball, '--strict']);
});
check('are the types wrong?', () => {
  run(join(root, 'node_modules/.bin/attw'), [tarball]);
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
  // The types stand on their own: the libraries are checked too, by each compiler and in its strictest mode.
  for (const [version, exact] of typescripts.flatMap((each) => [
    [each, 'false'],
    [each, 'true'],
  ])) {
    const ownOptions = ['--noEmit', '--skipLibCheck', 'false', '--exactOptionalPropertyTypes', exact];
    run(process.execPath, [compilerOf(version), ...strict, ...ownOptions, 'typescript.mts', 'legacy.cts']);
    console.log(`     TypeScript ${version}, exactOptionalPropertyTypes: ${exact}`);
  }
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
