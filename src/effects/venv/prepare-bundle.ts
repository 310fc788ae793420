import { relative } from 'node:path';
import { satisfiesPython } from '../../bundle/index.js';
import { isPluginError, messageOf, PluginError, type Bundle } from '../../model/index.js';
import { readPythonVersion, findBasePython, type PythonSearch } from './find-python.js';
import { buildVenv } from './build.js';
import { startTimeLimit } from './time-limit.js';
import { digestRequirements, type RequirementsDigest } from './requirements-digest.js';
import { searchPath, type HostEnv } from '../process/search-path.js';
import { readStamp, writeStamp, type Installer } from './stamp.js';
import { installerEnv, nonInteractiveEnv } from './installer-environment.js';
import { planVenv, type VenvPlan } from './plan.js';
import { hasOlderVenv, recoverVenv, replaceVenv } from './replace.js';
import { withVenvLock } from './venv-lock.js';

/** One thing worth telling while a bundle is being prepared. */
export interface PrepareProgress {
  readonly plugin: string;
  readonly step: 'interpreter' | 'venv' | 'install' | 'done';
  readonly message: string;
}

/** What `prepareBundle` did: nothing, as the bundle needs no virtual environment; made one; or left it unchanged. */
export type PrepareOutcome =
  | { readonly outcome: 'not-needed'; readonly plugin: string; readonly reason: string }
  | {
      readonly outcome: 'prepared' | 'unchanged';
      readonly plugin: string;
      /** Absolute, as is the interpreter in it. */
      readonly venv: string;
      readonly interpreter: string;
      readonly pythonVersion: string;
      readonly installer: Installer;
    };

/** The options of `prepareBundle`. */
export interface PrepareOptions {
  readonly signal?: AbortSignal | undefined;
  /** The Python to make virtual environments with, instead of one on PATH. */
  readonly python?: string | undefined;
  /** The environment of uv and pip; by default the part of this process's that installers need. */
  readonly env?: HostEnv | undefined;
  /** For the whole bundle. Default 10 minutes. */
  readonly deadlineMs?: number | undefined;
}

interface Job {
  readonly bundle: Bundle;
  readonly plan: VenvPlan & { wanted: true };
  readonly search: PythonSearch;
  readonly tell: (step: PrepareProgress['step'], message: string) => void;
}

const tenMinutes = 10 * 60 * 1000;

/**
 * Makes a Python bundle's virtual environment and installs its requirements. Where nothing has changed since the last
 * time, it does nothing; where something has, it makes all of it anew, and keeps the old one should that fail.
 * Rejects with a PluginError.
 */
export async function prepareBundle(
  bundle: Bundle,
  report: (progress: PrepareProgress) => void,
  options: PrepareOptions = {},
): Promise<PrepareOutcome> {
  const { id: plugin, server } = bundle.manifest;
  const { deadlineMs = tenMinutes, python: explicit } = options;
  const deadline = startTimeLimit(deadlineMs, options.signal);
  const { signal } = deadline;
  try {
    const { platform } = process;
    const plan = await planVenv(bundle, platform);
    if (!plan.wanted) return { outcome: 'not-needed', plugin, reason: plan.reason };
    signal.throwIfAborted();
    const env = nonInteractiveEnv(options.env ?? installerEnv(process.env));
    const search = {
      plugin,
      constraint: server.python_version,
      explicit,
      env,
      platform,
      cwd: bundle.directory,
      signal,
    };
    return await prepare({
      bundle,
      plan,
      search,
      tell: (step, message) => {
        report({ plugin, step, message });
      },
    });
  } catch (thrown) {
    if (options.signal?.aborted === true) throw stopped(plugin, thrown);
    if (deadline.isExceeded()) throw tooLate(plugin, deadlineMs, thrown);
    throw isPluginError(thrown) ? thrown.with({ plugin }) : failed(plugin, thrown);
  } finally {
    deadline.release();
  }
}

async function prepare(job: Job): Promise<PrepareOutcome> {
  const { plan, search } = job;
  // What is ready is found so without the lock, which a directory that cannot be written to does not take.
  if (!(await hasOlderVenv(plan.venv))) {
    const unchanged = await findUnchanged(job);
    if (unchanged !== null) return asUnchanged(job, unchanged);
  }
  return withVenvLock(plan.venv, search.signal, () => prepareLocked(job));
}

async function prepareLocked(job: Job): Promise<PrepareOutcome> {
  const { bundle, plan, search, tell } = job;
  const { venv, interpreter } = plan;
  await recoverVenv(venv, async () => (await readStamp(venv)) !== null);
  const unchanged = await findUnchanged(job);
  if (unchanged !== null) return asUnchanged(job, unchanged);
  const { path: python, version: pythonVersion } = await findBasePython(search);
  tell('interpreter', `Python ${pythonVersion} at ${python}`);
  const [uv] = await searchPath('uv', search.env, search.platform);
  const installer = uv === undefined ? 'pip' : 'uv';
  await replaceVenv(venv, async () => {
    // Taken before the install: what is edited meanwhile is then seen as a change the next time.
    const inventory = await digestOf(job, pythonVersion);
    await buildVenv({ bundle, plan, inventory, python, uv, env: search.env, signal: search.signal, tell });
    search.signal.throwIfAborted();
    await writeStamp(venv, { fingerprint: inventory.fingerprint, installer });
  });
  tell('done', `${relative(bundle.directory, venv)} is ready`);
  return { outcome: 'prepared', plugin: search.plugin, venv, interpreter, pythonVersion, installer };
}

function asUnchanged({ plan, search, tell }: Job, unchanged: Unchanged): PrepareOutcome {
  tell('done', `nothing has changed (Python ${unchanged.pythonVersion})`);
  const { venv, interpreter } = plan;
  return { outcome: 'unchanged', plugin: search.plugin, venv, interpreter, ...unchanged };
}

interface Unchanged {
  readonly pythonVersion: string;
  readonly installer: Installer;
}

async function findUnchanged(job: Job): Promise<Unchanged | null> {
  const { plan, search } = job;
  const stamp = await readStamp(plan.venv);
  if (stamp === null) return null;
  const pythonVersion = await readPythonVersion(plan.interpreter, search);
  if (pythonVersion === null || !satisfiesPython(pythonVersion, search.constraint)) return null;
  if (search.explicit !== undefined && (await readPythonVersion(search.explicit, search)) !== pythonVersion)
    return null;
  const { fingerprint } = await digestOf(job, pythonVersion);
  return fingerprint === stamp.fingerprint ? { pythonVersion, installer: stamp.installer } : null;
}

function digestOf({ bundle, plan, search }: Job, python: string): Promise<RequirementsDigest> {
  const { directory } = bundle;
  return digestRequirements({
    directory,
    requirements: plan.requirements,
    python,
    constraint: search.constraint,
  });
}

function tooLate(plugin: string, deadlineMs: number, thrown: unknown): PluginError {
  return new PluginError({
    code: 'PREPARE_FAILED',
    message: `Preparing the plugin took longer than ${deadlineMs} ms, and was stopped.`,
    hint: 'Check that the package index answers, or give it more time.',
    plugin,
    phase: 'interpreter',
    facts: { ...(isPluginError(thrown) ? thrown.facts : {}), deadlineMs },
    cause: thrown,
  });
}

function stopped(plugin: string, thrown: unknown): PluginError {
  return new PluginError({
    code: 'ENVIRONMENT_STOPPED',
    message: 'Preparing the plugin was stopped; what was there before is there again.',
    hint: 'Prepare it again.',
    plugin,
    phase: 'interpreter',
    cause: thrown,
  });
}

function failed(plugin: string, thrown: unknown): PluginError {
  return new PluginError({
    code: 'PREPARE_FAILED',
    message: `The virtual environment could not be made: ${messageOf(thrown)}`,
    hint: 'Check that the bundle can be written to, and that there is room on the disk.',
    plugin,
    phase: 'interpreter',
    cause: thrown,
  });
}
