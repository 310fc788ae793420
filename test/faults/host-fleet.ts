import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';

/** The plugins of a host, repeated: some that only the guardian ends, and some of each phase of a start and a stop. */
const fleetPlugins: readonly FakeInterpreterName[] = [
  'outlives-its-host',
  'double-forks',
  'double-forks',
  'forks-a-grandchild',
  'outlives-its-host',
  'ignores-sigterm-and-shutdown',
  'crashes-in-a-loop',
  'slow-line',
  'never-prints-a-line',
  'outlives-its-host',
];

/** A directory of plugins, and hosts that run them and can be killed. */
export interface HostFleet {
  readonly pluginDir: string;
  /** The directory of the hosts' sockets. */
  readonly runtimeDir: string;
  start(options: { readonly seed: number; readonly marker: string }): FleetHost;
  remove(): void;
}

/** One running host. */
export interface FleetHost {
  readonly child: ChildProcess;
  /** Resolves when its environment is created and its plugins begin to start. */
  readonly ready: Promise<void>;
  /** The last reported state of each plugin. */
  readonly states: ReadonlyMap<string, string>;
}

/** Creates a directory with so many plugins for hosts. */
export function createHostFleet(plugins: number, root: string): HostFleet {
  const home = mkdtempSync(join(tmpdir(), 'fleet-'));
  const pluginDir = join(home, 'plugins');
  const runtimeDir = join(home, 'run');
  mkdirSync(pluginDir);
  mkdirSync(runtimeDir, { mode: 0o700 });
  for (let index = 0; index < plugins; index += 1) {
    const name = fleetPlugins[index % fleetPlugins.length] ?? 'healthy';
    makeFakeBundle(name, { id: `${name}-${index}`, directory: pluginDir });
  }
  return {
    pluginDir,
    runtimeDir,
    start({ seed, marker }) {
      const argument = { pluginDir, env: { ESPALIER_FLEET: marker }, seed, pauseMs: 100 };
      const program = join(root, 'test/faults/fleet-host.mjs');
      const child = spawn(process.execPath, [program, JSON.stringify(argument)], {
        cwd: root,
        env: { ...process.env, XDG_RUNTIME_DIR: runtimeDir },
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      return follow(child);
    },
    remove() {
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function follow(child: ChildProcess): FleetHost {
  const states = new Map<string, string>();
  let text = '';
  const ready = new Promise<void>((resolve, reject) => {
    child.once('exit', (code, signal) => {
      reject(new Error(`The host ended before it was ready: ${signal ?? code ?? 'unknown'}.`));
    });
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = (text + chunk.toString()).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) {
        const [plugin = '', state] = line.split(' ');
        if (line === 'ready') resolve();
        else if (state !== undefined) states.set(plugin, state);
      }
    });
  });
  // A host may be killed before it is ready.
  ready.catch(() => undefined);
  return { child, ready, states };
}
