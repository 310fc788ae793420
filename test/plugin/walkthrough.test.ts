import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createEnvironment } from '../../src/index.js';
import { blocksOf } from '../docs/markdown.js';
import { afterTest } from '../support/environment.js';
import { untilTrue } from '../support/until-true.js';

const page = readFileSync('docs/writing-a-node-plugin.md', 'utf8');

/** The first block of a language on the page. */
function shown(language: string): string {
  return blocksOf(page).find((block) => block.language === language)?.text ?? '';
}

/** The server of the page, with the packages that it has and the bundle as it is written there. */
function serverOfThePage(): string {
  const server = mkdtempSync(join(tmpdir(), 'server-'));
  afterTest(() => {
    rmSync(server, { recursive: true, force: true });
  });
  const bundle = join(server, 'plugins/greeter');
  mkdirSync(bundle, { recursive: true });
  mkdirSync(join(server, 'node_modules/@grpc'), { recursive: true });
  symlinkSync(resolve('.'), join(server, 'node_modules/espalier'));
  for (const name of ['grpc-js', 'proto-loader']) {
    symlinkSync(resolve('node_modules/@grpc', name), join(server, 'node_modules/@grpc', name));
  }
  writeFileSync(join(bundle, 'plugin.json'), shown('json'));
  writeFileSync(join(bundle, 'greeter.proto'), shown('proto'));
  writeFileSync(join(bundle, 'plugin.mjs'), shown('js'));
  return bundle;
}

interface Loaded {
  readonly example: { readonly greeter: { readonly v1: { readonly Greeter: ServiceClientConstructor } } };
}

type Hello = (
  request: { name: string },
  answer: (error: Error | null, response?: { text: string }) => void,
) => void;

describe('the plugin on the page of Node plugins', () => {
  it('is what the page says', async () => {
    const bundle = serverOfThePage();
    const env = await createEnvironment({ bundles: [bundle] });
    afterTest(() => env.shutdown());
    const said: unknown[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'plugin.log')
        said.push([event.entry.message, event.entry.level, event.entry.fields]);
    });
    await env.activate('com.example.greeter');
    const { Greeter } = (loadPackageDefinition(loadSync(join(bundle, 'greeter.proto'))) as unknown as Loaded)
      .example.greeter.v1;
    const client = env.plugin('com.example.greeter').client(Greeter);
    const text = await new Promise((answer, fail) => {
      (client.Hello as unknown as Hello).call(client, { name: 'you' }, (error, response) => {
        if (error === null) answer(response?.text);
        else fail(error);
      });
    });
    expect(text).toBe('Hello, you!');
    await untilTrue(() => said.length > 1);
    expect(said).toContainEqual(['ready to greet', 'info', { language: 'en' }]);
  });

  it('is shown with every option that serve takes', async () => {
    const { planOf } = await import('../../src/plugin/options.js');
    const known = (options: object): string[] => {
      try {
        planOf({ services: () => undefined, ...options, '?': 0 } as never, 'linux');
        return [];
      } catch (error) {
        return (/known are (.*)\./.exec((error as Error).message)?.[1] ?? '').split(', ');
      }
    };
    const described = [...page.matchAll(/^\| `(\w+)(?:\.\w+)?` +\| /gm)].map(([, name]) => name);
    expect(known({}).filter((name) => !described.includes(name))).toEqual([]);
  });
});
