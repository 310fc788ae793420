// Compiles the programs of other people that the interop run starts: go-plugin's own test helper, its gRPC examples,
// and a few programs for other machines. Go's module client fetches and checks their sources (test/interop/go). And
// makes the virtual environment that Python plugins run in, with grpcio as PyPI has it (test/interop/python).
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoPrograms, requiredVersion } from './go-programs.mjs';
import { makeVenv, pinnedVersion, projectVersion } from './python-programs.mjs';

const root = fileURLToPath(new URL('../', import.meta.url));
const module = join(root, 'test/interop/go');
const goPlugin = 'github.com/hashicorp/go-plugin';

/** A small program of Go's own distribution, for a machine that is not this one. */
const foreign = (os, arch) => ({
  name: `foreign-${os}-${arch}`,
  args: ['build', 'cmd/pack'],
  env: { GOOS: os, GOARCH: arch },
});

const example = (name, path) => ({ name, args: ['build', `${goPlugin}/examples/${path}`] });

const programs = [
  { name: 'go-plugin.test', args: ['test', '-c', goPlugin] },
  example('grpc-kv', 'grpc/plugin-go-grpc'),
  example('bidirectional-counter', 'bidirectional/plugin-go-grpc'),
  example('negotiated-kv', 'negotiated/plugin-go'),
  example('streaming-file', 'streaming/plugin'),
  foreign('linux', process.arch === 'arm64' ? 'amd64' : 'arm64'),
  foreign('darwin', 'arm64'),
  foreign('windows', 'amd64'),
];

const helper = join(root, 'python');
const requirements = join(root, 'test/interop/python/requirements.txt');

/** Builds what is missing or stale; says which. Needs no network where nothing is. */
export function buildInteropPrograms() {
  const built = buildGoPrograms({ module, bin: join(root, 'test/interop/.bin'), programs });
  const isMade = makeVenv({ venv: join(root, 'test/interop/.venv'), requirements, helper });
  return isMade ? [...built, 'the Python environment'] : built;
}

/** What the programs are made from. */
export function interopVersions() {
  return {
    goPlugin: `go-plugin ${requiredVersion(module, goPlugin)}`,
    python: `grpcio ${pinnedVersion(requirements, 'grpcio')}, espalier-plugin ${projectVersion(helper)}`,
    grpcio: `grpcio ${pinnedVersion(requirements, 'grpcio')}`,
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = buildInteropPrograms();
  console.log(built.length === 0 ? 'The programs are fresh.' : `Built ${built.join(', ')}.`);
}
