import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

interface Import {
  readonly from: string;
  readonly to: string;
  readonly isTypeOnly: boolean;
}

/** What each room may import beside itself. `types` only with `import type`. */
interface Room {
  readonly rooms: readonly string[];
  readonly types?: readonly string[];
  readonly packages: readonly (string | RegExp)[];
}

const rooms: Readonly<Record<string, Room>> = {
  model: { rooms: [], packages: [] },
  policy: { rooms: ['model'], packages: [] },
  'go-plugin': { rooms: ['model'], packages: [] },
  yamux: { rooms: ['model'], packages: [] },
  bundle: { rooms: ['model'], packages: ['zod', 'yaml', 'semver', 'node:path'] },
  machines: { rooms: ['model', 'policy'], packages: ['xstate', 'rxjs'] },
  effects: {
    rooms: ['model', 'bundle', 'go-plugin', 'yamux'],
    types: ['machines'],
    packages: ['rxjs', /^@grpc\//, /^node:/],
  },
  environment: {
    rooms: ['model', 'policy', 'bundle', 'go-plugin', 'machines', 'effects'],
    packages: ['xstate', 'rxjs', '@grpc/grpc-js', 'node:os', 'node:path'],
  },
  observe: {
    rooms: ['model'],
    types: ['machines', 'environment'],
    packages: ['xstate', 'ws', '@statelyai/inspect', /^node:/],
  },
  // It gives the real environment another world to stand on, whose plugins are called without a socket.
  testing: {
    rooms: ['model', 'policy', 'environment'],
    types: ['machines'],
    packages: ['rxjs', '@grpc/grpc-js', 'node:events', 'node:stream', 'node:timers'],
  },
  // The other side of the protocol: what a plugin's process loads, and nothing of a host.
  plugin: { rooms: ['model', 'go-plugin', 'effects'], packages: ['@grpc/grpc-js', /^node:/] },
  cli: { rooms: ['model', 'policy', 'environment', 'observe'], packages: ['commander', 'rxjs', /^node:/] },
  'index.ts': { rooms: ['model', 'policy', 'environment', 'observe'], packages: [] },
};

/** The only places that may know a package: the three sentences of the design. */
const keepers: readonly (readonly [string, string | RegExp, readonly string[]])[] = [
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

function roomOf(file: string): string {
  return file.split('/')[0] ?? file;
}

function fits(name: string, patterns: readonly (string | RegExp)[]): boolean {
  return patterns.some((pattern) => (typeof pattern === 'string' ? pattern === name : pattern.test(name)));
}

function complaint({ from, to, isTypeOnly }: Import): string | null {
  const room = rooms[roomOf(from)];
  if (room === undefined) return `src/${from} lies in no room.`;
  if (!to.startsWith('.'))
    return fits(to, room.packages) ? null : `${from} may not import the package ${to}.`;
  const target = relative('', normalize(join(dirname(from), to)));
  const other = roomOf(target);
  if (other === roomOf(from) || room.rooms.includes(other)) return null;
  if (isTypeOnly && room.types?.includes(other) === true) return null;
  return `${from} may not import ${target}${room.types?.includes(other) === true ? ', except its types' : ''}.`;
}

describe('the architecture', () => {
  it('is read from more than a handful of imports', () => {
    expect(imports.length).toBeGreaterThan(200);
  });

  it('lets imports run in one direction only', () => {
    expect(imports.map(complaint).filter((found) => found !== null)).toEqual([]);
  });

  it.each(keepers)('lets only its keepers %s', (_, name, allowed) => {
    const knowing = imports.filter(({ to, isTypeOnly }) => !isTypeOnly && fits(to, [name]));
    expect(knowing.filter(({ from }) => !allowed.includes(roomOf(from)))).toEqual([]);
  });

  it('has no effect that imports another room-mate effect, but for the handles they share', () => {
    const effects = [
      'process',
      'attach',
      'look',
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
      ['model', 'policy', 'machines', 'go-plugin', 'yamux', 'bundle'].includes(roomOf(file)),
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
    expect(asking.sort()).toEqual(['guardian/leftovers.ts', 'http2/deadline.ts', 'reading.ts']);
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
      'broker/knock-turns.ts',
      'bundle/deadline.ts',
      'bundle/run-tool.ts',
      'http2/deadline.ts',
      'yamux/deadlines.ts',
      'yamux/stream.ts',
    ]);
  });
});
