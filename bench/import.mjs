// What the import of the package costs beside that of the packages it needs: fresh processes in turns, medians.
//
//   npm run build && node bench/import.mjs [--runs 15]
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { staticImports } from '../scripts/static-imports.mjs';
import { median } from './statistics.mjs';

const { values } = parseArgs({ options: { runs: { type: 'string', default: '15' } } });
const root = fileURLToPath(new URL('..', import.meta.url));
const entries = {
  espalier: 'dist/esm/index.js',
  'espalier/plugin': 'dist/esm/plugin/index.js',
  'espalier/testing': 'dist/esm/testing/index.js',
};

const script = `const modules = process.argv.slice(1);
const begun = performance.now();
for (const each of modules) await import(each);
console.log(performance.now() - begun);`;
const timeOf = (modules) =>
  Number(
    execFileSync(process.execPath, ['--input-type=module', '--eval', script, ...modules], {
      cwd: root,
      encoding: 'utf8',
    }),
  );

for (const [name, file] of Object.entries(entries)) {
  const packages = staticImports(`${root}${file}`);
  const times = { own: [], dependencies: [] };
  for (let run = 0; run < Number(values.runs); run += 1) {
    times.own.push(timeOf([`./${file}`]));
    times.dependencies.push(timeOf(packages));
  }
  const [own, dependencies] = [median(times.own), median(times.dependencies)];
  console.log(
    `${name.padEnd(17)} ${own.toFixed(0)} ms, ${(own / dependencies).toFixed(2)} × its dependencies (${dependencies.toFixed(0)} ms: ${packages.join(', ')})`,
  );
}
