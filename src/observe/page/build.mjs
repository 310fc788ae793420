// Makes the inspector's page out of the files beside this one and in client/: one HTML text without anything to load.
// `node src/observe/page/build.mjs` writes page.generated.ts; with `--check` it only says whether that is up to date.
import { build } from 'esbuild';
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const here = (file) => fileURLToPath(new URL(file, import.meta.url));
const generated = here('page.generated.ts');

const script = await bundled('client/main.ts');
const style = await bundled('style.css');
const html = readFileSync(here('index.html'), 'utf8')
  .replace('/*style*/', () => style)
  .replace('/*script*/', () => script);
const policy = [
  "default-src 'none'",
  `style-src ${hashOf(html, 'style')}`,
  `script-src ${hashOf(html, 'script')}`,
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');
const text = `// Made by build.mjs out of index.html, style.css and client/: change those, then run it.

/** The whole page of the inspector. */
export const pageHtml = ${literal(html)};

/** Its Content-Security-Policy: nothing but what is in it, and the WebSocket of its own server. */
export const pagePolicy = ${literal(policy)};
`;

if (!process.argv.includes('--check')) {
  writeFileSync(generated, text);
} else if (readFileSync(generated, 'utf8') !== text) {
  process.stderr.write('page.generated.ts is out of date: run node src/observe/page/build.mjs\n');
  process.exitCode = 1;
}

async function bundled(entry) {
  const { outputFiles } = await build({
    entryPoints: [here(entry)],
    bundle: true,
    write: false,
    format: 'iife',
    target: ['es2022', 'chrome120', 'firefox120', 'safari17'],
    minify: true,
    charset: 'utf8',
    logLevel: 'warning',
  });
  return outputFiles[0].text.trim();
}

function hashOf(page, element) {
  const content = new RegExp(`<${element}>([\\s\\S]*?)</${element}>`).exec(page)[1];
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}

function literal(value) {
  return `\`${value.replace(/[\\`]|\$\{/g, '\\$&')}\``;
}
