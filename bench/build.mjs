// Compiles what the benchmarks need: the reference host, and the plugin that both hosts start.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildGoPrograms } from '../scripts/go-programs.mjs';

const here = fileURLToPath(new URL('./', import.meta.url));
const bin = join(here, '.bin');

/** The paths of the programs, fresh. */
export function benchPrograms() {
  buildGoPrograms({
    module: join(here, 'go'),
    bin,
    sources: [join(here, 'go/main.go')],
    programs: [
      { name: 'go-host', args: ['build', '.'] },
      { name: 'plugin', args: ['build', 'github.com/hashicorp/go-plugin/examples/grpc/plugin-go-grpc'] },
    ],
  });
  return { goHost: join(bin, 'go-host'), plugin: join(bin, 'plugin') };
}
