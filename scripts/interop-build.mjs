// Compiles the programs of other people that the interop run starts: go-plugin's own test helper, its gRPC examples,
// and a few programs for other machines. Go's module client fetches and checks their sources (test/interop/go).
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoPrograms, requiredVersion } from './go-programs.mjs';

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

/** Builds what is missing or stale; says which. */
export function buildInteropPrograms() {
  return buildGoPrograms({ module, bin: join(root, 'test/interop/.bin'), programs });
}

/** The go-plugin that they are made from. */
export function goPluginVersion() {
  return requiredVersion(module, goPlugin);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const built = buildInteropPrograms();
  console.log(built.length === 0 ? 'The programs are fresh.' : `Built ${built.join(', ')}.`);
}
