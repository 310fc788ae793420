import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, EnvironmentOptions, PluginStatus } from '../../src/index.js';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import {
  openHostChannel,
  commandTimeoutMs,
  type StateDirectoryEvent,
  type HostMessage,
} from './host-channel.js';
import type { FaultScenario } from './fault-scenario.js';
import { pidsWithMarker, waitUntil, killPids } from './processes.js';
import { makeSmallDisk, type SmallDisk } from './small-disk.js';

/** The plugin that a fault is injected into. */
export const victim = 'victim';
/** The plugin beside it in the same environment, which must not be affected. */
export const bystander = 'bystander';

/** A host process with a victim and a bystander. */
export interface HostUnderTest {
  readonly root: string;
  readonly home: string;
  /** A text in the environment of all processes that descend from the host. */
  readonly marker: string;
  readonly child: ChildProcess;
  /** The statuses of the victim since the newest fault, in order. */
  readonly statuses: () => readonly PluginStatus[];
  readonly logs: readonly string[];
  /** The events of its state directory. */
  readonly stateDirectoryEvents: readonly StateDirectoryEvent[];
  /** The small disk. Throws when the scenario has none. */
  readonly disk: () => SmallDisk;
  readonly guardian: () => number | null;
  /** Runs a command in the host. Rejects with the error that it throws. */
  readonly command: (name: string, details?: object) => Promise<unknown>;
  call(method: keyof Environment, ...args: unknown[]): Promise<unknown>;
  status(id?: string): Promise<PluginStatus>;
  /** Resets the clock and the list of statuses: the fault happens now. */
  markFault(): void;
  /** Milliseconds since the fault. */
  readonly sinceFault: () => number;
  /** Milliseconds from the fault to the first status that matches; `null` when there was none. */
  firstAfterFault(matches: (status: PluginStatus) => boolean): number | null;
  /** The states of the victim since the fault, for an error message. */
  summary(): string;
  /** Waits for a condition. Rejects with `what` in its message after 30 s. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** The pids of all processes that descend from the host. */
  survivors(): number[];
  /** The files in the directories of temporary files and of sockets. */
  leftoverFiles(): string[];
  close(): void;
}

/** Starts the host of a scenario. */
export async function startHostUnderTest(fault: FaultScenario, root: string): Promise<HostUnderTest> {
  const home = mkdtempSync(join(tmpdir(), 'fault-'));
  const marker = home.slice(home.lastIndexOf('/') + 1) + '.';
  for (const folder of ['plugins', 'run', 'tmp']) mkdirSync(join(home, folder), { mode: 0o700 });
  const { supervision, limits } = fault;
  const directory = join(home, 'plugins');
  makeFakeBundle(fault.plugin, { id: victim, directory, manifest: { supervision, limits } });
  makeFakeBundle('healthy', { id: bystander, directory, manifest: {} });

  const disk = fault.onSmallDisk === true ? await makeSmallDisk(home) : null;
  const options: EnvironmentOptions & { sink?: string } = {
    pluginDir: directory,
    ...(disk !== null && { stateDir: join(disk.path, 'state'), sink: join(disk.path, 'stderr') }),
    env: { ESPALIER_FAULTS: marker },
    policy,
    ...fault.options,
  };
  const host = spawnHost(fault, { root, home, marker, wrapper: disk?.wrapper ?? [] }, options);
  const hostUnderTest = attach(host, { root, home, marker }, disk);
  try {
    await hostUnderTest.ready;
    // Only now, as Node needs more open files to load its modules than afterwards.
    if (fault.openFiles !== undefined)
      execFileSync('prlimit', [`--pid=${host.pid ?? 0}`, `--nofile=${fault.openFiles}`]);
  } catch (error) {
    hostUnderTest.close();
    throw error;
  }
  return hostUnderTest;
}

/** Faults are found within seconds, but a busy machine does not miss a deadline. */
const policy = {
  restart: { backoff: { firstMs: 0, baseMs: 50, capMs: 200 }, intensity: 2, retryFailedStart: false },
  health: {
    intervalMs: 300,
    retryIntervalMs: 100,
    deadlineMs: 1000,
    misses: 3,
    excuses: 3,
    freshDialEvery: 3,
  },
  deadlines: { startMs: 30_000, drainMs: 100, hookMs: 500, shutdownMs: 500, termMs: 500 },
};

function spawnHost(
  fault: FaultScenario,
  {
    root,
    home,
    marker,
    wrapper,
  }: Pick<HostUnderTest, 'root' | 'home' | 'marker'> & Pick<SmallDisk, 'wrapper'>,
  options: object,
): ChildProcess {
  const env = {
    ...process.env,
    XDG_RUNTIME_DIR: join(home, 'run'),
    TMPDIR: join(home, 'tmp'),
    ESPALIER_FAULTS: marker,
    NO_COLOR: '1',
  };
  if (fault.atTerminal === true) {
    const argv = [process.execPath, 'dist/esm/cli/main.js', 'run', '--inherit-env', 'PATH,ESPALIER_FAULTS'];
    // `exec`: a shell that waits for its last command would itself exit with 130 on Ctrl-C.
    const line = ['exec', ...argv, join(home, 'plugins')].join(' ');
    return spawn('script', ['-qfec', line, '/dev/null'], { cwd: root, env, stdio: 'pipe' });
  }
  const script = join(root, 'test/faults/fault-host.mjs');
  const [command, ...args] = [...wrapper, process.execPath, script, JSON.stringify(options)];
  return spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function attach(
  host: ChildProcess,
  paths: Pick<HostUnderTest, 'root' | 'home' | 'marker'>,
  disk: SmallDisk | null,
): HostUnderTest & { readonly ready: Promise<unknown> } {
  const logs: string[] = [];
  const stateDirectoryEvents: StateDirectoryEvent[] = [];
  let received: { readonly at: number; readonly status: PluginStatus }[] = [];
  let guardian: number | null = null;
  let faultAt = 0;
  const onMessage = ({ status, log, plugin = '', guardian: pid, stateDirectory }: HostMessage): void => {
    if (status?.id === victim) received.push({ at: performance.now(), status });
    if (log !== undefined) logs.push(`${plugin}: ${log}`);
    if (pid !== undefined) guardian = pid;
    if (stateDirectory !== undefined) stateDirectoryEvents.push(stateDirectory);
  };
  const withoutChannel = {
    ready: Promise.resolve(),
    command: () => Promise.reject(new Error('The command line takes no commands.')),
  };
  const { ready, command } = host.channel === undefined ? withoutChannel : openHostChannel(host, onMessage);
  host.stdout?.on('data', (chunk: Buffer) => {
    logs.push(chunk.toString());
  });

  const hostUnderTest: HostUnderTest = {
    ...paths,
    child: host,
    logs,
    stateDirectoryEvents,
    disk: () => {
      if (disk === null) throw new Error('The scenario has no small disk.');
      return disk;
    },
    command,
    statuses: () => received.map(({ status }) => status),
    guardian: () => guardian,
    call: (method, ...args) => command('env', { method, args }),
    status: async (id = victim) => (await hostUnderTest.call('status', id)) as PluginStatus,
    markFault() {
      faultAt = performance.now();
      received = [];
    },
    sinceFault: () => performance.now() - faultAt,
    firstAfterFault(matches) {
      const found = received.find(({ status }) => matches(status));
      return found === undefined ? null : found.at - faultAt;
    },
    async until(what, condition) {
      const end = performance.now() + commandTimeoutMs;
      while (!(await condition())) {
        if (performance.now() > end)
          throw new Error(`Not within ${commandTimeoutMs} ms: ${what}: ${hostUnderTest.summary()}`);
        await waitUntil(() => false, 20);
      }
    },
    summary: () => received.map(({ status }) => `${status.state} (${status.error?.code ?? ''})`).join(', '),
    survivors: () => pidsWithMarker(paths.marker).filter((pid) => pid !== host.pid),
    leftoverFiles: () => ['run', 'tmp'].flatMap((folder) => readdirSync(join(paths.home, folder))),
    close() {
      host.kill('SIGKILL');
      killPids(pidsWithMarker(paths.marker));
      disk?.remove();
      rmSync(paths.home, { recursive: true, force: true });
    },
  };
  return Object.assign(hostUnderTest, { ready });
}
