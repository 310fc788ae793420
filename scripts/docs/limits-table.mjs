import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './espalier.mjs';
import { code, table } from './markdown.mjs';

const mib = 1024 * 1024;

/** Every limit of received input with its docstring, group by group, from `src/model/limits.ts`. */
export async function limitsTable() {
  const source = readFileSync(join(root, 'src/model/limits.ts'), 'utf8');
  const values = await import(pathToFileURL(join(root, 'dist/modules/model/limits.js')).href);
  return Object.entries(values)
    .map(([group, limits]) => {
      const start = source.indexOf(`export const ${group} = {`);
      const body = source.slice(start, source.indexOf('\n} as const', start));
      const rows = Object.entries(limits).map(([name, value]) => [
        code(name),
        sizeText(value),
        docstringBefore(body, body.search(new RegExp(`^  ${name}:`, 'm'))),
      ]);
      const about = docstringBefore(source, start);
      return `**${about}**\n\n${table([['limit', 'value', 'what it bounds'], ...rows])}`;
    })
    .join('\n\n');
}

/** The last docstring before a place; two limits may share one. */
function docstringBefore(text, place) {
  const before = text.slice(0, place);
  const docstring = before.slice(before.lastIndexOf('/**') + 3, before.lastIndexOf('*/'));
  return docstring
    .replace(/\s*\n\s*\*\s*/g, ' ')
    .trim()
    .replace(/\.$/, '');
}

function sizeText(value) {
  if (value >= mib && value % mib === 0) return `${value / mib} MiB`;
  if (value >= 4096 && value % 1024 === 0) return `${value / 1024} KiB`;
  return String(value);
}
