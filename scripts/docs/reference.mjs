// The reference pages in docs/api: one page for each entry point of the package, from the docstrings.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Application } from 'typedoc';
import { root } from './espalier.mjs';

/** The page that TypeDoc writes for each entry point, with its name and its title here. */
const pages = {
  'index.md': { name: 'espalier.md', title: 'espalier' },
  'plugin.md': { name: 'espalier-plugin.md', title: 'espalier/plugin' },
  'testing.md': { name: 'espalier-testing.md', title: 'espalier/testing' },
};

const options = {
  entryPoints: ['index.ts', 'plugin/index.ts', 'testing/index.ts'].map((file) => join(root, 'src', file)),
  tsconfig: join(root, 'tsconfig.build.json'),
  plugin: ['typedoc-plugin-markdown'],
  // The type check is `npm run typecheck`.
  skipErrorChecking: true,
  logLevel: 'Error',
  router: 'module',
  readme: 'none',
  disableSources: true,
  excludeInternal: true,
  hideBreadcrumbs: true,
  hidePageHeader: true,
  useHTMLAnchors: true,
  parametersFormat: 'table',
  interfacePropertiesFormat: 'table',
  typeDeclarationFormat: 'table',
  propertyMembersFormat: 'table',
};

/** TypeDoc writes out the type of the root actor, 45 KB of XState's types: the name of its machine says as much. */
const rootActor = /(<a id="property-actor"><\/a> `actor` \| `readonly` \| ).*( \| [^|]*\|)$/m;

/** The text of each page, by its path from the root of the repository. */
export async function referencePages() {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-reference-'));
  try {
    const app = await Application.bootstrapWithPlugins({
      ...options,
      outputs: [{ name: 'markdown', path: folder }],
    });
    const project = await app.convert();
    if (project === undefined) throw new Error('TypeDoc could not read src/index.ts.');
    await app.generateOutputs(project);
    const read = ([file, { name, title }]) => [
      `docs/api/${name}`,
      pageText(readFileSync(join(folder, file), 'utf8'), title),
    ];
    return new Map(Object.entries(pages).map(read));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function pageText(markdown, title) {
  const linked = Object.entries(pages).reduce(
    (text, [file, { name }]) => text.replaceAll(`](${file}`, `](${name}`),
    markdown,
  );
  const readable = linked.replace(rootActor, '$1`Actor`\\<`EnvironmentMachine`\\>$2');
  return `${readable.replace(/^# .*\n/, `# ${title}\n\n<!-- Written by \`npm run docs\`; do not edit. -->\n`).trimEnd()}\n`;
}
