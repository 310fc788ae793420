// The section of docs/compatibility.md on the suites of others that our HTTP/2 and gRPC are held to. Each script that
// runs one keeps its rows: with `--write` it writes them, without it fails where they say anything else than the run.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';

const page = fileURLToPath(new URL('../docs/compatibility.md', import.meta.url));
const section = /<!-- suites -->\n([\s\S]*?)<!-- \/suites -->/;

/** The section as it stands in the page. */
export function suitesSection() {
  return section.exec(readFileSync(page, 'utf8'))?.[1].trim() ?? '';
}

/** Compares or writes the rows of suites, by name: `{ suite, cases, result }`. Returns an exit code. */
export async function recordSuites(rows, { write }) {
  const known = new Map(
    suitesSection()
      .split('\n')
      .slice(2)
      .map((line) => line.split('|').map((cell) => cell.trim()))
      .map(([, suite, cases, result]) => [suite, { suite, cases, result }]),
  );
  for (const row of rows) known.set(row.suite, row);
  const lines = [...known.values()]
    .sort((one, other) => one.suite.localeCompare(other.suite))
    .map(({ suite, cases, result }) => `| ${suite} | ${cases} | ${result} |`);
  const text = ['| Suite | Cases | Result |', '| --- | --- | --- |', ...lines].join('\n');
  const before = readFileSync(page, 'utf8');
  const draft = before.replace(section, () => `<!-- suites -->\n\n${text}\n\n<!-- /suites -->`);
  const after = await format(draft, { ...(await resolveConfig(page)), filepath: page });
  if (after === before) return 0;
  if (write) {
    writeFileSync(page, after);
    console.log('docs/compatibility.md is written.');
    return 0;
  }
  console.error(
    'docs/compatibility.md says something else than this run: run the same command with --write.',
  );
  return 1;
}
