import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** What each room may import beside itself. `types` only with `import type`. */
interface Layer {
  readonly layers: readonly string[];
  readonly types?: readonly string[];
  readonly packages: readonly (string | RegExp)[];
}

const layers: Readonly<Record<string, Layer>> = {
  model: { layers: [], packages: [] },
  policy: { layers: ['model'], packages: [] },
  'go-plugin': { layers: ['model'], packages: [] },
  yamux: { layers: ['model'], packages: [] },
  http2: { layers: ['model'], packages: [] },
  bundle: { layers: ['model'], packages: ['zod', 'yaml', 'semver', 'node:path'] },
  machines: { layers: ['model', 'policy'], packages: ['xstate', 'rxjs'] },
  effects: {
    layers: ['model', 'bundle', 'go-plugin', 'yamux', 'http2'],
    types: ['machines'],
    packages: ['rxjs', /^@grpc\//, /^node:/],
  },
  environment: {
    layers: ['model', 'policy', 'bundle', 'go-plugin', 'machines', 'effects'],
    packages: ['xstate', 'rxjs', '@grpc/grpc-js', 'node:os', 'node:path'],
  },
  observe: {
    layers: ['model'],
    types: ['machines', 'environment'],
    packages: ['xstate', 'ws', '@statelyai/inspect', /^node:/],
  },
  // It gives the real environment another world to stand on, whose plugins are called without a socket.
  testing: {
    layers: ['model', 'policy', 'environment'],
    types: ['machines'],
    packages: ['rxjs', '@grpc/grpc-js', 'node:events', 'node:stream', 'node:timers'],
  },
  // The other side of the protocol: what a plugin's process loads, and nothing of a host.
  plugin: { layers: ['model', 'go-plugin', 'effects'], packages: ['@grpc/grpc-js', /^node:/] },
  cli: { layers: ['model', 'policy', 'environment', 'observe'], packages: ['commander', 'rxjs', /^node:/] },
  'index.ts': { layers: ['model', 'policy', 'environment', 'observe'], packages: [] },
};

/** The only places that may know a package: the three sentences of the design. */
const packageOwners: readonly (readonly [string, string | RegExp, readonly string[]])[] = [
  ['know XState', 'xstate', ['machines', 'environment', 'observe']],
  ['speak gRPC', /^@grpc\//, ['effects', 'environment', 'testing', 'plugin']],
  ['start processes', 'node:child_process', ['effects']],
];

const imports = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .flatMap((file) => importsOf(file));

function importsOf(file: string): Import[] {
  const source = readFileSync(join('src', file), 'utf8');
  const statements = source.matchAll(/^(?:import|export)\s+(type\s+)?(?:[\s\S]*?\sfrom\s+)?'([^']+)';/gm);
  return [...statements].map(([, type, to]) => ({
    from: file,
    to: to ?? '',
    isTypeOnly: type !== undefined,
  }));
}

function layerOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function matchesAny(name: string, patterns: readonly (string | RegExp)[]): boolean {
  return patterns.some((pattern) => (typeof pattern === 'string' ? pattern === name : pattern.test(name)));
}

function violationOf({ from, to, isTypeOnly }: Import): string | null {
  const layer = layers[layerOf(from)];
  if (layer === undefined) return `src/${from} lies in no room.`;
  if (!to.startsWith('.'))
    return matchesAny(to, layer.packages) ? null : `${from} may not import the package ${to}.`;
  const target = relative('', normalize(join(dirname(from), to)));
  const other = layerOf(target);
  if (other === layerOf(from) || layer.layers.includes(other)) return null;
  if (isTypeOnly && layer.types?.includes(other) === true) return null;
  return `${from} may not import ${target}${layer.types?.includes(other) === true ? ', except its types' : ''}.`;
}

describe('the architecture', () => {
  it('is read from more than a handful of imports', () => {
    expect(imports.length).toBeGreaterThan(200);
  });

  it('lets imports run in one direction only', () => {
    expect(imports.map(violationOf).filter((found) => found !== null)).toEqual([]);
  });

  it.each(packageOwners)('lets only its keepers %s', (_, name, allowed) => {
    const knowing = imports.filter(({ to, isTypeOnly }) => !isTypeOnly && matchesAny(to, [name]));
    expect(knowing.filter(({ from }) => !allowed.includes(layerOf(from)))).toEqual([]);
  });

  it('has no effect that imports another room-mate effect, but for the handles they share', () => {
    const effects = [
      'process',
      'attach',
      'pollProcess',
      'handshake',
      'dial',
      'probe',
      'hooks',
      'shutdown',
      'drain',
      'signal',
      'stdio',
      'broker/keep',
      'broker/dial',
      'broker/serve',
      'logs',
    ];
    const file = (name: string): string => `effects/${name}.ts`;
    const crossing = imports.filter(
      ({ from, to, isTypeOnly }) =>
        !isTypeOnly &&
        effects.some((name) => from === file(name)) &&
        effects.some((name) => normalize(join(dirname(from), to)) === `effects/${name}.js`),
    );
    expect(crossing).toEqual([]);
  });

  it('keeps clocks and chance out of decisions', () => {
    const decisions = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
      ['model', 'policy', 'machines', 'go-plugin', 'yamux', 'http2', 'bundle'].includes(layerOf(file)),
    );
    const impure = decisions.filter(
      (file) =>
        file.endsWith('.ts') &&
        /Date\.now|Math\.random|performance\.|setTimeout|process\.env/.test(
          readFileSync(join('src', file), 'utf8'),
        ),
    );
    expect(impure).toEqual([]);
  });

  it('keeps the clock on the wall out of effects, as it jumps', () => {
    const effects = readdirSync('src/effects', { recursive: true, encoding: 'utf8' });
    const asking = effects.filter(
      (file) =>
        file.endsWith('.ts') &&
        /Date\.now|new Date\(\)/.test(readFileSync(join('src/effects', file), 'utf8')),
    );
    // To notice a sleep, to know how much is left until a moment that an embedder's call names by that clock, and to
    // tell the age of a file.
    expect(asking.sort()).toEqual([
      'connection/host-sample.ts',
      'grpc/deadline.ts',
      'orphans/orphaned-directories.ts',
    ]);
  });

  it('keeps timers out of effects', () => {
    const effects = readdirSync('src/effects', { recursive: true, encoding: 'utf8' });
    const ticking = effects.filter(
      (file) =>
        file.endsWith('.ts') &&
        /setTimeout|setInterval|timer\(|interval\(/.test(readFileSync(join('src/effects', file), 'utf8')),
    );
    // What no machine is behind: a call's own deadline, an installer's, those of a yamux session, and that of a knock,
    // which a brokered channel that was lost repeats by itself.
    expect(ticking.sort()).toEqual([
      'broker/knock-queue.ts',
      'grpc/deadline.ts',
      'venv/run-tool.ts',
      'venv/time-limit.ts',
      'yamux/deadlines.ts',
      'yamux/stream.ts',
    ]);
  });
});
