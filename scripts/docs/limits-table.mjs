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
      const [, about, body] = new RegExp(
        `\\/\\*\\* ([^/]*?) \\*\\/\\nexport const ${group} = \\{\\n([\\s\\S]*?)\\n\\} as const`,
      ).exec(source);
      const rows = Object.entries(limits).map(([name, value]) => [
        code(name),
        sizeText(value),
        docstringOf(body, name),
      ]);
      return `**${plain(about)}**\n\n${table([['limit', 'value', 'what it bounds'], ...rows])}`;
    })
    .join('\n\n');
}

/** The docstring above a limit; that of the one before where two share it. */
function docstringOf(body, name) {
  const before = body.slice(0, body.search(new RegExp(`^  ${name}:`, 'm')));
  const [, text] = /.*\/\*\* ([\s\S]*?) \*\//s.exec(before);
  return plain(text);
}

function plain(text) {
  return text
    .replace(/\s*\n\s*\*\s*/g, ' ')
    .replace(/\.$/, '')
    .trim();
}

function sizeText(value) {
  if (value >= mib && value % mib === 0) return `${value / mib} MiB`;
  if (value >= 4096 && value % 1024 === 0) return `${value / 1024} KiB`;
  return String(value);
}
