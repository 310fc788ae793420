import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle, type FakeBundle } from '../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import {
  createEnvironment,
  type Environment,
  type EnvironmentEvent,
  type EnvironmentOptions,
  type PluginRecord,
  type RestoreOutcome,
} from '../../src/index.js';
import { pidsWithMarker, waitUntil, killPids } from '../faults/processes.js';
import { afterTest } from './environment.js';
import { startHostProcess, type HostProcess } from './host-process.js';

interface HostReport {
  readonly restored: readonly RestoreOutcome[];
  readonly pids: Readonly<Record<string, number | null>>;
  readonly generations: Readonly<Record<string, number>>;
}

/** The directories and options that successive hosts share. */
export interface HostSetup {
  readonly home: string;
  readonly runtime: string;
  readonly stateDir: string;
  readonly marker: string;
  readonly bundles: readonly FakeBundle[];
  readonly options: EnvironmentOptions;
  file(id: string): string;
  record(id: string): PluginRecord;
}

let setupCount = 0;

/** Creates the directories and bundles of successive hosts. */
export function createHostSetup(
  names: readonly FakeInterpreterName[],
  options: EnvironmentOptions = {},
): HostSetup {
  setupCount += 1;
  const marker = `intent-test-${process.pid}-${setupCount}.`;
  const home = mkdtempSync(join(tmpdir(), 'intent-'));
  const [runtime, stateDir] = [join(home, 'run'), join(home, 'state')];
  mkdirSync(runtime, { mode: 0o700 });
  const bundles = names.map((name) => makeFakeBundle(name));
  afterTest(() => {
    killPids(pidsWithMarker(marker));
    for (const bundle of bundles) bundle.remove();
    rmSync(home, { recursive: true, force: true });
  });
  const file = (id: string): string => join(stateDir, 'plugins', `${id}.json`);
  return {
    home,
    runtime,
    stateDir,
    marker,
    bundles,
    file,
    record: (id) => JSON.parse(readFileSync(file(id), 'utf8')) as PluginRecord,
    options: {
      bundles: bundles.map(({ directory }) => directory),
      env: { MARK: marker },
      unixSocket: { directory: runtime },
      stateDir,
      orphans: 'keep',
      policy: {
        restart: { backoff: { firstMs: 0, baseMs: 20 } },
        deadlines: { shutdownMs: 500, termMs: 500 },
      },
      ...options,
    },
  };
}

/**
 * Starts a host process that restores, activates, reports, and then runs the calls that it reads from stdin. `wrapper`
 * is a prefix of its command line.
 */
export async function startHostIn(
  setup: HostSetup,
  activate: readonly string[] = [],
  wrapper: readonly string[] = [],
): Promise<{ host: HostProcess; told: HostReport }> {
  const host = startHostProcess(
    `const env = await createEnvironment(argument.options);
     env.events.subscribe(({ type, state, problem }) => {
       if (type === 'environment.stateDirectory') process.stdout.write('stateDirectory ' + state + ': ' + problem + '\\n');
     });
     const restored = await env.restore();
     for (const id of argument.activate) await env.activate(id);
     const of = (key) => Object.fromEntries(env.statuses().map((status) => [status.id, status[key]]));
     process.stdout.write(JSON.stringify({ restored, pids: of('pid'), generations: of('generation') }) + ' up\\n');
     process.stdin.on('data', async (line) => {
       const [call, ...args] = JSON.parse(line);
       await env[call](...args);
       process.stdout.write(call + ' done\\n');
       if (call === 'shutdown') process.exit(0);
     });`,
    { options: setup.options, activate },
    wrapper,
  );
  const [, json = ''] = await host.printed(/(\{.*\}) up\n/);
  return { host, told: JSON.parse(json) as HostReport };
}

/** Sends SIGKILL to a host and waits for its exit. */
export async function killHost({ child, ended }: HostProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** Calls a method of the environment in a host, and waits for its result. */
export async function callHost(
  { child, printed }: HostProcess,
  call: string,
  ...args: readonly unknown[]
): Promise<void> {
  child.stdin?.write(JSON.stringify([call, ...args]));
  await printed(new RegExp(`${call} done`));
}

/** Creates an environment in this process with the options of a setup. */
export async function environmentIn(
  { options }: HostSetup,
  changes: EnvironmentOptions = {},
): Promise<{ env: Environment; events: EnvironmentEvent[] }> {
  const env = await createEnvironment({ ...options, ...changes });
  afterTest(() => env.shutdown());
  const events: EnvironmentEvent[] = [];
  env.events.subscribe((event) => events.push(event));
  return { env, events };
}

/** The pids of all plugin processes and their descendants. */
export const runningPids = ({ marker }: HostSetup): number[] => pidsWithMarker(marker);

/** Whether a record has what another host needs to reattach. */
export const isReattachable = ({ process }: PluginRecord): boolean => (process?.reattach ?? null) !== null;

/** Waits until the record of a plugin matches. */
export async function waitForRecord(
  setup: HostSetup,
  id: string,
  matches: (record: PluginRecord) => boolean,
): Promise<void> {
  const isWritten = (): boolean => existsSync(setup.file(id)) && matches(setup.record(id));
  expect(await waitUntil(isWritten, 5000)).toBe(true);
}
