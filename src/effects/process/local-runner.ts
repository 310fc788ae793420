import { attachProcess } from './attach-process.js';
import type { Runner } from './runner.js';
import type { HostEnv } from './search-path.js';
import { startProcess } from './start-process.js';

/** Runs plugins as children of the host, on its machine. `env`: the host's own, whose PATH leads to `prlimit`. */
export function createLocalRunner(env: HostEnv, now: () => number): Runner {
  return {
    name: 'local',
    start: (spec) => startProcess(spec, env, now),
    reattach: (config, outputDirectory) => attachProcess(config, outputDirectory, now),
  };
}
