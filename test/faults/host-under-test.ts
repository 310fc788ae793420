import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Environment, EnvironmentOptions, PluginStatus } from '../../src/index.js';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { openHostChannel, commandTimeoutMs, type IntentEvent, type HostMessage } from './host-channel.js';
import type { FaultScenario } from './fault-scenario.js';
import { pidsWithMarker, waitUntil, killPids } from './processes.js';
import { makeSmallDisk, type SmallDisk } from './small-disk.js';

/** The plugin that a fault is done to, and the one beside it in the same environment that must not notice. */
export const victim = 'victim';
export const bystander = 'bystander';

/** One host in a process of its own, with a victim and a bystander. */
export interface HostUnderTest {
  readonly root: string;
  readonly home: string;
  /** In the environment of everything that the host's plugins start. */
  readonly marker: string;
  readonly host: ChildProcess;
  /** Everything that it has told of the victim's status since the newest strike, in order. */
  readonly statuses: () => readonly PluginStatus[];
  readonly logs: readonly string[];
  /** What it has told of its state directory. */
  readonly intents: readonly IntentEvent[];
  /** Throws where the fault asks for none. */
  readonly disk: () => SmallDisk;
  readonly guardian: () => number | null;
  /** Has the host do something. Rejects with what it has thrown. */
  readonly command: (deed: string, details?: object) => Promise<unknown>;
  call(method: keyof Environment, ...args: unknown[]): Promise<unknown>;
  status(id?: string): Promise<PluginStatus>;
  /** Begins to count the time and what is told: the fault happens now. */
  markFault(): void;
  /** Since the strike, in milliseconds. */
  readonly sinceFault: () => number;
  /** From the strike to the first status that fits, in milliseconds; `null` when there was none. */
  firstAfterFault(fits: (status: PluginStatus) => boolean): number | null;
  /** What has been told of the victim, for a message. */
  summary(): string;
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>;
  /** What is left of the processes that the plugins were or have started. */
  survivors(): number[];
  /** What is left in the directories of temporary files and of sockets. */
  leftoverFiles(): string[];
  close(): void;
}

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
  const host = spawnHost(fault, { root, home, marker: marker, enter: disk?.enter ?? [] }, options);
  const hostUnderTest = attach(host, { root, home, marker: marker }, disk);
  try {
    await hostUnderTest.ready;
    // Later than at the start, as Node opens more files at a time to load its modules than it needs ever after.
    if (fault.openFiles !== undefined)
      execFileSync('prlimit', [`--pid=${host.pid ?? 0}`, `--nofile=${fault.openFiles}`]);
  } catch (error) {
    hostUnderTest.close();
    throw error;
  }
  return hostUnderTest;
}

/** Numbers with which everything is found in seconds, and a machine that is busy with other things is not accused. */
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
  { root, home, marker, enter }: Pick<HostUnderTest, 'root' | 'home' | 'marker'> & Pick<SmallDisk, 'enter'>,
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
    const words = [process.execPath, 'dist/esm/cli/main.js', 'run', '--inherit-env', 'PATH,ESPALIER_FAULTS'];
    // Not every shell becomes its last command; one that waits for it would answer Ctrl-C as well, with 130.
    const line = ['exec', ...words, join(home, 'plugins')].join(' ');
    return spawn('script', ['-qfec', line, '/dev/null'], { cwd: root, env, stdio: 'pipe' });
  }
  const script = join(root, 'test/faults/fault-host.mjs');
  const [command, ...args] = [...enter, process.execPath, script, JSON.stringify(options)];
  return spawn(command, args, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
}

function attach(
  host: ChildProcess,
  place: Pick<HostUnderTest, 'root' | 'home' | 'marker'>,
  disk: SmallDisk | null,
): HostUnderTest & { readonly ready: Promise<unknown> } {
  const logs: string[] = [];
  const intents: IntentEvent[] = [];
  let told: { readonly at: number; readonly status: PluginStatus }[] = [];
  let guardian: number | null = null;
  let faultAt = 0;
  const onMessage = ({ status, log, plugin = '', guardian: pid, intent }: HostMessage): void => {
    if (status?.id === victim) told.push({ at: performance.now(), status });
    if (log !== undefined) logs.push(`${plugin}: ${log}`);
    if (pid !== undefined) guardian = pid;
    if (intent !== undefined) intents.push(intent);
  };
  const withoutChannel = {
    ready: Promise.resolve(),
    command: () => Promise.reject(new Error('It takes no orders.')),
  };
  const { ready, command } = host.channel === undefined ? withoutChannel : openHostChannel(host, onMessage);
  host.stdout?.on('data', (chunk: Buffer) => {
    logs.push(chunk.toString());
  });

  const hostUnderTest: HostUnderTest = {
    ...place,
    host,
    logs,
    intents,
    disk: () => {
      if (disk === null) throw new Error('It has no disk of its own.');
      return disk;
    },
    command,
    statuses: () => told.map(({ status }) => status),
    guardian: () => guardian,
    call: (method, ...args) => command('env', { method, args }),
    status: async (id = victim) => (await hostUnderTest.call('status', id)) as PluginStatus,
    markFault() {
      faultAt = performance.now();
      told = [];
    },
    sinceFault: () => performance.now() - faultAt,
    firstAfterFault(fits) {
      const found = told.find(({ status }) => fits(status));
      return found === undefined ? null : found.at - faultAt;
    },
    async until(what, condition) {
      const end = performance.now() + commandTimeoutMs;
      while (!(await condition())) {
        if (performance.now() > end)
          throw new Error(`It did not come true that ${what}: ${hostUnderTest.summary()}`);
        await waitUntil(() => false, 20);
      }
    },
    summary: () => told.map(({ status }) => `${status.state} (${status.error?.code ?? ''})`).join(', '),
    survivors: () => pidsWithMarker(place.marker).filter((pid) => pid !== host.pid),
    leftoverFiles: () => ['run', 'tmp'].flatMap((folder) => readdirSync(join(place.home, folder))),
    close() {
      host.kill('SIGKILL');
      killPids(pidsWithMarker(place.marker));
      disk?.remove();
      rmSync(place.home, { recursive: true, force: true });
    },
  };
  return Object.assign(hostUnderTest, { ready });
}
