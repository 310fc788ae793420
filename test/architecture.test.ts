import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

interface Import {
  readonly from: string;
  /** A file of src, or a package. */
  readonly to: string;
  readonly isPackage: boolean;
  readonly isTypeOnly: boolean;
}

/** What each layer may import beside itself. `types` only with `import type`. */
interface Layer {
  readonly layers: readonly string[];
  readonly types?: readonly string[];
  readonly packages: readonly (string | RegExp)[];
}

const layers: Readonly<Record<string, Layer>> = {
  model: { layers: [], packages: [] },
  policy: { layers: ['model'], packages: [] },
  'go-plugin': { layers: ['model'], packages: ['node:net'] },
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
    packages: ['xstate', 'rxjs', 'zod', '@grpc/grpc-js', 'node:os', 'node:path'],
  },
  observe: {
    layers: ['model'],
    types: ['machines', 'environment'],
    packages: ['xstate', 'ws', '@statelyai/inspect', /^node:/],
  },
  // Runs the real environment on simulated processes, whose plugins are called without a socket.
  testing: {
    layers: ['model', 'policy', 'bundle', 'environment'],
    types: ['machines'],
    packages: ['rxjs', 'zod', '@grpc/grpc-js', 'node:events', 'node:stream', 'node:timers'],
  },
  // The other side of the protocol: what the process of a plugin loads; it imports nothing of a host.
  plugin: { layers: ['model', 'go-plugin', 'effects'], packages: ['@grpc/grpc-js', /^node:/] },
  cli: { layers: ['model', 'policy', 'environment', 'observe'], packages: ['commander', 'rxjs', /^node:/] },
  'index.ts': { layers: ['model', 'policy', 'environment', 'observe'], packages: [] },
};

/** The folders of src/effects from the lowest to the highest: each may import those before it, and none after it. */
const effectFolders = [
  'files', // reading and writing small files, and whom a path can be trusted with
  'socket', // connections and directories for sockets
  'logs', // lines, rate limits and sinks
  'process', // the runner: what starts, attaches to and signals processes
  'orphans', // what earlier hosts have left, and the guardian against that
  'bundle', // finding and reading bundles
  'checksum', // hashes of bundles, and their lock file
  'venv', // Python environments
  'state', // the state directory
  'tls', // certificates, and what TLS errors mean
  'yamux', // many streams over one socket
  'grpc', // channels, calls and deadlines
  'http2', // gRPC over HTTP/2
  'rpc', // the services that the host calls: health and hooks
  'broker', // connections beside the main one
  'protocol', // the plugin protocol: all that is go-plugin's own
  'launch', // from a bundle to a running process
  'connection', // from a handshake to a channel
];

/** The most files that a reader takes in at one glance. */
const maxFilesPerFolder = 14;

/** The only layers that may import a package at run time. */
const packageOwners: readonly (readonly [string, string | RegExp, readonly string[]])[] = [
  ['XState', 'xstate', ['machines', 'environment', 'observe']],
  ['gRPC', /^@grpc\//, ['effects', 'environment', 'testing', 'plugin']],
  ['node:child_process', 'node:child_process', ['effects']],
];

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter((file) =>
  file.endsWith('.ts'),
);
const imports = files.flatMap(importsOf);

function importsOf(file: string): Import[] {
  const statements = textOf(file).matchAll(
    /^(?:import|export)\s+(type\s+)?(?:[\s\S]*?\sfrom\s+)?'([^']+)';/gm,
  );
  return [...statements].map(([, type, to = '']) => ({
    from: file,
    to: to.startsWith('.') ? normalize(join(dirname(file), to)).replace(/\.js$/, '.ts') : to,
    isPackage: !to.startsWith('.'),
    isTypeOnly: type !== undefined,
  }));
}

function textOf(file: string): string {
  return readFileSync(join('src', file), 'utf8');
}

function layerOf(file: string): string {
  return file.split('/')[0] ?? file;
}

/** The folder of a file; a file in the root of its layer stands for itself, so that an index is not its whole layer. */
function folderOf(file: string): string {
  const folder = dirname(file);
  return folder.includes('/') ? folder : file;
}

function matchesAny(name: string, patterns: readonly (string | RegExp)[]): boolean {
  return patterns.some((pattern) => (typeof pattern === 'string' ? pattern === name : pattern.test(name)));
}

function layerProblem({ from, to, isPackage, isTypeOnly }: Import): string[] {
  const layer = layers[layerOf(from)];
  if (layer === undefined) return [`src/${from} belongs to no layer: give it one in this test.`];
  if (isPackage)
    return matchesAny(to, layer.packages) ? [] : [`src/${from} may not import the package ${to}.`];
  const other = layerOf(to);
  if (other === layerOf(from) || layer.layers.includes(other)) return [];
  const isType = layer.types?.includes(other) === true;
  if (isTypeOnly && isType) return [];
  return [`src/${from} may import ${isType ? 'only types' : 'nothing'} from src/${to}.`];
}

function effectFolderProblem({ from, to }: Import): string[] {
  const [one, folder = ''] = from.split('/');
  const [other, target = ''] = to.split('/');
  if (one !== 'effects' || other !== 'effects' || folder === 'index.ts' || folder === target) return [];
  if (target === 'index.ts') return [`src/${from} may not import src/effects/index.ts, which imports all.`];
  return effectFolders.indexOf(target) < effectFolders.indexOf(folder)
    ? []
    : [`src/${from} may not import src/${to}: the folder ${target} comes after ${folder}.`];
}

/** A cycle of imports between files, or between folders, as a sentence; none where there is no cycle. */
function cycleProblems(nodeOf: (file: string) => string): string[] {
  const targets = new Map<string, Set<string>>();
  for (const { from, to, isPackage } of imports) {
    if (isPackage || nodeOf(from) === nodeOf(to)) continue;
    targets.set(nodeOf(from), (targets.get(nodeOf(from)) ?? new Set()).add(nodeOf(to)));
  }
  const finished = new Set<string>();
  const visit = (node: string, path: readonly string[]): string[] => {
    if (path.includes(node))
      return [`src/${[...path.slice(path.indexOf(node)), node].join(' imports src/')}: a cycle.`];
    if (finished.has(node)) return [];
    const found = [...(targets.get(node) ?? [])].flatMap((target) => visit(target, [...path, node]));
    finished.add(node);
    return found;
  };
  return [...targets.keys()].flatMap((node) => visit(node, []));
}

/** The files of a layer, relative to it, whose text matches. */
function filesMatching(layer: string, pattern: RegExp): string[] {
  return files
    .filter((file) => layerOf(file) === layer && pattern.test(textOf(file)))
    .map((file) => file.slice(layer.length + 1))
    .sort();
}

describe('the architecture', () => {
  it('is read from more than a handful of imports', () => {
    expect(imports.length).toBeGreaterThan(200);
  });

  it('lets each layer import only the layers and packages in its row of the table', () => {
    expect(imports.flatMap(layerProblem)).toEqual([]);
  });

  it.each(packageOwners)('lets only some layers import %s at run time', (title, name, owners) => {
    const problems = imports
      .filter(({ to, isTypeOnly }) => !isTypeOnly && matchesAny(to, [name]))
      .filter(({ from }) => !owners.includes(layerOf(from)))
      .map(({ from }) => `src/${from} may not import ${title}: only ${owners.join(', ')} may.`);
    expect(problems).toEqual([]);
  });

  it('has no cycle of imports between files, type-only imports included', () => {
    expect(cycleProblems((file) => file)).toEqual([]);
  });

  it('has no cycle of imports between folders, type-only imports included', () => {
    expect(cycleProblems(folderOf)).toEqual([]);
  });
});

describe('the folders of src/effects', () => {
  const inside = files.filter((file) => layerOf(file) === 'effects').map((file) => file.split('/').slice(1));

  it('are those of the table, with no file beside them but index.ts', () => {
    const loose = inside.filter((path) => path.length === 1).map(([file = '']) => file);
    const folders = new Set(inside.filter((path) => path.length > 1).map(([folder = '']) => folder));
    expect(loose).toEqual(['index.ts']);
    expect([...folders].sort()).toEqual([...effectFolders].sort());
  });

  it('import in one direction', () => {
    expect(imports.flatMap(effectFolderProblem)).toEqual([]);
  });

  it('have few enough files to be taken in at a glance', () => {
    const problems = effectFolders
      .map((folder) => [folder, inside.filter(([first]) => first === folder).length] as const)
      .filter(([, count]) => count > maxFilesPerFolder)
      .map(([folder, count]) => `src/effects/${folder} has ${count} files: split it.`);
    expect(problems).toEqual([]);
  });
});

describe('clocks and chance', () => {
  it.each(['model', 'policy', 'machines', 'go-plugin', 'yamux', 'http2', 'bundle'])(
    'are not read in src/%s',
    (layer) => {
      expect(filesMatching(layer, /Date\.now|Math\.random|performance\.|setTimeout|process\.env/)).toEqual(
        [],
      );
    },
  );

  it('are read by effects from a monotonic clock, as the wall clock jumps', () => {
    expect(filesMatching('effects', /Date\.now|new Date\(\)/)).toEqual([
      'connection/host-sample.ts', // to notice that the host was asleep
      'grpc/deadline.ts', // the deadline of a call is a time of that clock
      'orphans/orphaned-directories.ts', // the age of a file is one, too
    ]);
  });

  it('are left to the machines by effects, but for deadlines that no machine knows of', () => {
    // A declaration (`setTimeout(timeout: number …`) is no call.
    expect(filesMatching('effects', /\b(?:setTimeout|setInterval|timer|interval)\((?!\w+\??: )/)).toEqual([
      'broker/knock-queue.ts', // a knock; a lost channel knocks again by itself
      'files/read-small-file.ts', // a file system that does not answer
      'grpc/deadline.ts', // a call
      'venv/run-tool.ts', // an installer, from SIGINT to SIGKILL
      'venv/time-limit.ts', // an installer
      'yamux/deadlines.ts', // the pings and streams of a session
    ]);
  });
});
