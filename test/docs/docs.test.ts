import { execFile } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { machineDefinitions } from '../../src/environment/index.js';
import { problemsOf } from '../../src/bundle/index.js';
import { optionShape, programShape } from '../../src/environment/options/options-schema.js';
import { PluginError, pluginErrorCodes, presetNames } from '../../src/model/index.js';
import { chartOf, renderChart } from '../../src/observe/index.js';
import { decideRestart, presets } from '../../src/policy/index.js';
import { blocksOf, headingsOf, linksOf, partOf, tableOf } from './markdown.js';

const pages = [
  'README.md',
  ...readdirSync('docs', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
];
const read = (page: string): string => readFileSync(page, 'utf8');

describe.each(pages)('%s', (page) => {
  it('has no link that leads nowhere', () => {
    const broken = linksOf(read(page)).filter((link) => !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });

  it('has no snippet with an error of syntax', () => {
    const faults = blocksOf(read(page)).flatMap(({ language, text }) => faultsOf(language, text));
    expect(faults).toEqual([]);
  });
});

describe('the pages', () => {
  it('lead from one to the next and back, and all of them are on the way', () => {
    const seen = ['docs/lifecycle.md'];
    for (let page = seen[0]; page !== undefined; page = stepFrom(page, 'Next')) {
      const next = stepFrom(page, 'Next');
      if (next === undefined) break;
      expect(stepFrom(next, 'Previous')).toBe(page);
      seen.push(next);
    }
    const wanted = pages.filter((page) => dirname(page) === 'docs');
    expect([...seen].sort()).toEqual([...wanted, 'docs/decisions/README.md'].sort());
  });

  it('list every decision', () => {
    const listed = linksOf(read('docs/decisions/README.md')).filter((link) => !link.includes('/'));
    const there = readdirSync('docs/decisions').filter((file) => file !== 'README.md');
    expect(listed.sort()).toEqual(there.sort());
  });
});

describe('the page of the architecture', () => {
  const steps = [...read('docs/architecture.md').matchAll(/^\d+\. `(src\/[^`]+)` `(\w+)`/gm)];

  it('has four walks', () => {
    expect(steps.length).toBeGreaterThan(30);
  });

  it('names functions that are where it says', () => {
    const isDeclared = (file = '', name = ''): boolean =>
      existsSync(file) && new RegExp(`^(export )?(async )?function ${name}\\b`, 'm').test(read(file));
    const missing = steps.filter(([, file, name]) => !isDeclared(file, name));
    expect(missing.map(([step]) => step)).toEqual([]);
  });
});

describe('the page of embedding', () => {
  const page = read('docs/embedding.md');
  const namesIn = (table: string): string[] => tableOf(table).map(([name = '']) => name.replaceAll('`', ''));

  it('has every option in its table, and no other', () => {
    const table = page.slice(page.indexOf('| option '), page.indexOf('At least one of'));
    expect(namesIn(table).sort()).toEqual(Object.keys(optionShape).sort());
  });

  it('has every field of a program in its table, and no other', () => {
    const table = page.slice(page.indexOf('| field '), page.indexOf('## Activate'));
    expect(namesIn(table).sort()).toEqual(Object.keys(programShape).sort());
  });

  it.each(['handshake', 'mtls', 'tls', 'tcp', 'unixSocket', 'limits', 'sinks'] as const)(
    'names every field of the option %s',
    (name) => {
      const problems = problemsOf(optionShape[name], { '?': 1 });
      const known = /known ones are (.*)$/.exec(problems.join('\n'))?.[1]?.split(', ') ?? [];
      const row = page.split('\n').find((line) => line.startsWith(`| \`${name}\` `)) ?? '';
      expect(known.length).toBeGreaterThan(1);
      expect(/\{ ([\w, ]+) \}/.exec(row)?.[1]?.split(', ').sort()).toEqual(known.sort());
    },
  );
});

describe('the page of errors', () => {
  const page = read('docs/errors.md');
  const reserved = tableOf(page.slice(page.indexOf('## Reserved'))).map(([code]) => code);

  it('has one section for each code, or keeps it among the reserved ones', () => {
    const sections = headingsOf(page).filter((heading) => /^[A-Z_]+$/.test(heading));
    expect([...sections, ...reserved].sort()).toEqual([...pluginErrorCodes].sort());
  });

  it('reserves exactly the codes that nothing raises', () => {
    const raising = sourcesThatRaise();
    const silent = pluginErrorCodes.filter((code) => !raising.some((source) => source.includes(`'${code}'`)));
    expect(reserved.sort()).toEqual([...silent].sort());
  });
});

describe('the page of restarts', () => {
  const page = read('docs/restarts.md');

  it.each(presetNames)('shows every number of the preset %s', (name) => {
    const [headings = [], ...rows] = tableOf(partOf(page, 'presets'), { withHeadings: true });
    const column = headings.indexOf(name);
    const shown = rows.map((row) => [row[0], JSON.parse(row[column] ?? '') as unknown]);
    expect(Object.fromEntries(shown)).toEqual(Object.fromEntries(leavesOf(presets[name])));
  });

  it('lists exactly the errors that are never retried', () => {
    const { restart } = presets.espalier;
    const givenUp = pluginErrorCodes.filter((code) => {
      const error = new PluginError({ code, message: '' });
      const exit = { ...serving, kind: 'exit' as const, code: 1, error };
      const question = { policy: restart, exit, failures: [0], wasHealthy: true, random: 0 };
      return decideRestart(question).decision === 'giveUp';
    });
    const shown = [...partOf(page, 'unrecoverable').matchAll(/^- \[`([A-Z_]+)`\]/gm)].map(([, code]) => code);
    expect(shown).toEqual(givenUp);
  });
});

describe.each(['restarts', 'testing'])('the examples on the page of %s', (page) => {
  const examples = blocksOf(read(`docs/${page}.md`))
    .filter(({ language, text }) => language === 'js' && /from 'espalier(\/testing)?'/.test(text))
    .map(({ text }): [string, string] => [/^console\.log\((.*?)\);/m.exec(text)?.[1] ?? text, text]);

  it('are there', () => {
    expect(examples.length).toBeGreaterThanOrEqual(4);
  });

  it.each(examples)('prints what its comments say: %s', async (_, text) => {
    const expected = [...text.matchAll(/^console\.log\(.*\); \/\/ (.*)$/gm)].map(([, said]) => said);
    const run = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', text]);
    expect(run.stdout.trimEnd().split('\n')).toEqual(expected);
  });
});

describe('the page of the lifecycle', () => {
  it('shows the chart of the plugin machine as it is', () => {
    const [chart] = blocksOf(partOf(read('docs/lifecycle.md'), 'chart'));
    expect(chart).toEqual({
      language: 'mermaid',
      text: renderChart(chartOf(machineDefinitions().plugin), 'mermaid'),
    });
  });
});

const serving = {
  signal: null,
  phase: 'serving',
  stopStep: null,
  generation: 1,
  at: 0,
  uptimeMs: 0,
  healthyMs: 0,
  stderrTail: '',
} as const;

function leadsSomewhere(page: string, link: string): boolean {
  if (/^[a-z]+:/.test(link)) return true;
  const [path = '', anchor] = link.split('#');
  const target = path === '' ? page : normalize(join(dirname(page), path));
  if (!existsSync(target)) return false;
  return anchor === undefined || anchorsOf(read(target)).has(anchor);
}

/** The anchors of a page: of its headings, and in its text. */
function anchorsOf(page: string): ReadonlySet<string> {
  const inText = [...page.matchAll(/<a id="([^"]+)">/g)].map(([, anchor = '']) => anchor);
  return new Set([...headingsOf(page).map(anchorOf), ...inText]);
}

/** The anchor that GitHub gives to a heading. */
function anchorOf(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}_ -]/gu, '')
    .replaceAll(' ', '-');
}

function stepFrom(page: string, way: 'Next' | 'Previous'): string | undefined {
  const link = new RegExp(`\\[${way}: [^\\]]+\\]\\(([^)]+)\\)`).exec(read(page))?.[1];
  return link === undefined ? undefined : normalize(join(dirname(page), link));
}

function faultsOf(language: string, text: string): string[] {
  if (language === 'json') {
    try {
      JSON.parse(text);
      return [];
    } catch (thrown) {
      return [`${String(thrown)} in ${text}`];
    }
  }
  if (language !== 'js' && language !== 'ts') return [];
  const compilerOptions = { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ESNext };
  const { diagnostics = [] } = ts.transpileModule(text, {
    fileName: `snippet.${language}`,
    reportDiagnostics: true,
    compilerOptions,
  });
  return diagnostics.map(
    ({ messageText }) => `${ts.flattenDiagnosticMessageText(messageText, ' ')}: ${text}`,
  );
}

/** The sources, without the list of codes itself and the policy that only asks for them. */
function sourcesThatRaise(): string[] {
  return readdirSync('src', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !['model/errors.ts', 'policy/restart.ts'].includes(file))
    .map((file) => read(join('src', file)));
}

/** Every value in a tree, with its path. */
function leavesOf(tree: object, before = ''): [string, unknown][] {
  return Object.entries(tree).flatMap(([key, value]: [string, unknown]) =>
    typeof value === 'object' && value !== null
      ? leavesOf(value, `${before}${key}.`)
      : [[`${before}${key}`, value] as [string, unknown]],
  );
}
