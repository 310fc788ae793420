// Writes the generated parts of docs/: the text between <!-- generated:name --> and <!-- /generated:name -->. They come
// from the built package: run `npm run build` first.
//
//   node scripts/docs.mjs                  writes all parts
//   node scripts/docs.mjs --check          fails and names each stale page; omits parts that start plugins
//   node scripts/docs.mjs --check --all    the same for all parts
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { apiReports } from './docs/api-report.mjs';
import { checkTable } from './docs/check-table.mjs';
import { espalier, root } from './docs/espalier.mjs';
import { block } from './docs/markdown.mjs';
import { boundsTable, pauseTable, presetTable, unrecoverableList } from './docs/policy-tables.mjs';
import { limitsTable } from './docs/limits-table.mjs';
import { referencePages } from './docs/reference.mjs';

const parts = [
  { page: 'lifecycle', name: 'chart', make: () => chart('plugin') },
  { page: 'health', name: 'chart', make: () => chart('health') },
  { page: 'health', name: 'bounds', make: boundsTable },
  { page: 'restarts', name: 'presets', make: presetTable },
  { page: 'restarts', name: 'pauses', make: pauseTable },
  { page: 'restarts', name: 'unrecoverable', make: unrecoverableList },
  { page: 'command-line', name: 'help-check', make: () => help('check') },
  { page: 'command-line', name: 'help-run', make: () => help('run') },
  { page: 'command-line', name: 'help-prepare', make: () => help('prepare') },
  { page: 'command-line', name: 'help-simulate', make: () => help('simulate') },
  { page: 'command-line', name: 'simulation', make: simulation },
  { page: 'command-line', name: 'help-graph', make: () => help('graph') },
  { page: 'security', name: 'limits', make: limitsTable },
  { page: 'errors', name: 'check', make: checkTable, startsPlugins: true },
];

async function main({ check, all }) {
  const library = await loadLibrary();
  const wanted = parts.filter(({ startsPlugins }) => !check || all || !startsPlugins);
  for (const page of new Set(wanted.map((part) => part.page))) {
    const path = join(root, 'docs', `${page}.md`);
    const before = readFileSync(path, 'utf8');
    let after = before;
    for (const { name, make } of wanted.filter((part) => part.page === page)) {
      after = replacePart(after, name, await make(library, before));
    }
    after = await format(after, { ...(await resolveConfig(path)), filepath: path });
    write(`docs/${page}.md`, before, after, check);
  }
  // The reports take seconds, the reference pages half a minute.
  const generated = [...apiReports(), ...(check && !all ? [] : await referencePages())];
  for (const [path, text] of generated) {
    const before = existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : '';
    write(path, before, text, check);
  }
}

function write(path, before, after, check) {
  if (after === before) return;
  if (check) process.exitCode = 1;
  else writeFileSync(join(root, path), after);
  console.log(check ? `${path} is stale: run \`npm run docs\`.` : `${path} is written.`);
}

async function loadLibrary() {
  const path = join(root, 'dist/esm/index.js');
  if (!existsSync(path)) throw new Error('There is no dist/: run `npm run build` first.');
  return import(pathToFileURL(path));
}

function replacePart(text, name, content) {
  const [start, end] = [`<!-- generated:${name} -->`, `<!-- /generated:${name} -->`];
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`The page has no markers for its part "${name}".`);
  return `${text.slice(0, from)}${start}\n\n${content}\n\n${text.slice(to)}`;
}

async function chart(machine) {
  const { stdout } = await espalier('graph', machine, '--format', 'mermaid');
  return block('mermaid', stdout);
}

async function help(command) {
  const { stdout } = await espalier(command, '--help');
  return block('text', stdout);
}

async function simulation() {
  const { stdout } = await espalier('simulate', '--policy', 'mattermost', '--crash-every', '10m');
  return block('text', stdout);
}

await main(parseArgs({ options: { check: { type: 'boolean' }, all: { type: 'boolean' } } }).values);
