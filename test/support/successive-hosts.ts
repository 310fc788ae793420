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

/** What several hosts have in common, one after the other. */
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

export function createHostSetup(
  names: readonly FakeInterpreterName[],
  options: EnvironmentOptions = {},
): HostSetup {
  setupCount += 1;
  const mark = `intent-test-${process.pid}-${setupCount}.`;
  const home = mkdtempSync(join(tmpdir(), 'intent-'));
  const [runtime, stateDir] = [join(home, 'run'), join(home, 'state')];
  mkdirSync(runtime, { mode: 0o700 });
  const bundles = names.map((name) => makeFakeBundle(name));
  afterTest(() => {
    killPids(pidsWithMarker(mark));
    for (const bundle of bundles) bundle.remove();
    rmSync(home, { recursive: true, force: true });
  });
  const file = (id: string): string => join(stateDir, 'plugins', `${id}.json`);
  return {
    home,
    runtime,
    stateDir,
    marker: mark,
    bundles,
    file,
    record: (id) => JSON.parse(readFileSync(file(id), 'utf8')) as PluginRecord,
    options: {
      bundles: bundles.map(({ directory }) => directory),
      env: { MARK: mark },
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
 * A host of its own over a place: it restores, activates, tells, and does what it is told on stdin. `enter` goes before
 * its command.
 */
export async function startHostIn(
  place: HostSetup,
  activate: readonly string[] = [],
  enter: readonly string[] = [],
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
       const [call, ...words] = JSON.parse(line);
       await env[call](...words);
       process.stdout.write(call + ' done\\n');
       if (call === 'shutdown') process.exit(0);
     });`,
    { options: place.options, activate },
    enter,
  );
  const [, json = ''] = await host.printed(/(\{.*\}) up\n/);
  return { host, told: JSON.parse(json) as HostReport };
}

export async function killHost({ child, ended }: HostProcess): Promise<void> {
  child.kill('SIGKILL');
  await ended;
}

/** Has a host do something, and waits until it has. */
export async function callHost(
  { child, printed }: HostProcess,
  call: string,
  ...words: readonly unknown[]
): Promise<void> {
  child.stdin?.write(JSON.stringify([call, ...words]));
  await printed(new RegExp(`${call} done`));
}

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

/** The plugins' own processes; each leads a session, what it forks does not. */
export const runningPids = ({ marker }: HostSetup): number[] => pidsWithMarker(marker);

/** Whether all is written down that another host needs. */
export const isReattachable = ({ process }: PluginRecord): boolean => (process?.reattach ?? null) !== null;

export async function waitForRecord(
  place: HostSetup,
  id: string,
  fits: (record: PluginRecord) => boolean,
): Promise<void> {
  const isThere = (): boolean => existsSync(place.file(id)) && fits(place.record(id));
  expect(await waitUntil(isThere, 5000)).toBe(true);
}
