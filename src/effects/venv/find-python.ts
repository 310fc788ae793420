import { parsePythonVersion, pythonNames, satisfiesPython } from '../../bundle/index.js';
import { PluginError } from '../../model/index.js';
import { startTimeLimit } from './time-limit.js';
import { runTool, type ToolRun } from './run-tool.js';
import { searchPath } from '../process/search-path.js';

/** A Python that can make virtual environments. */
export interface BasePython {
  readonly path: string;
  readonly version: string;
}

/** Where `findBasePython` searches, and which versions it accepts. */
export interface PythonSearch {
  readonly plugin: string;
  /** The manifest's `python_version`. */
  readonly constraint: string | undefined;
  /** The one that was asked for; else PATH is searched. */
  readonly explicit: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly platform: string;
  readonly cwd: string;
  readonly signal: AbortSignal;
}

const versionDeadlineMs = 10_000;

/** A Python that a virtual environment can be made from, of a version that the manifest accepts. */
export async function findBasePython(search: PythonSearch): Promise<BasePython> {
  const { constraint, explicit, env, platform } = search;
  const unfit: string[] = [];
  const names = explicit === undefined ? pythonNames(constraint) : [];
  for (const path of explicit === undefined ? await allOnPath(names, env, platform) : [explicit]) {
    const version = await readPythonVersion(path, search);
    if (version !== null && satisfiesPython(version, constraint)) return { path, version };
    unfit.push(version === null ? `${path} does not say its version` : `${path} is ${version}`);
  }
  throw noFittingPython(search, unfit);
}

/** What an interpreter says its version is; `null` when it cannot be run, or says none. */
export async function readPythonVersion(
  path: string,
  { cwd, env, signal }: Pick<ToolRun, 'cwd' | 'env' | 'signal'>,
): Promise<string | null> {
  const limit = startTimeLimit(versionDeadlineMs, signal);
  try {
    const { code, tail } = await runTool({
      command: path,
      args: ['--version'],
      cwd,
      env,
      signal: limit.signal,
    });
    signal.throwIfAborted();
    return code === 0 ? parsePythonVersion(tail) : null;
  } finally {
    limit.release();
  }
}

async function allOnPath(
  names: readonly string[],
  env: PythonSearch['env'],
  platform: string,
): Promise<string[]> {
  const found = await Promise.all(names.map((name) => searchPath(name, env, platform)));
  return found.flat();
}

function noFittingPython({ plugin, constraint }: PythonSearch, unfit: readonly string[]): PluginError {
  const wanted = constraint === undefined ? 'Python' : `Python ${constraint}`;
  const found = unfit.length === 0 ? 'none is on PATH' : unfit.join(', ');
  return new PluginError({
    code: 'INTERPRETER_NOT_FOUND',
    message: `There is no ${wanted} to make the virtual environment with: ${found}.`,
    hint: `Install ${wanted}, or name an interpreter to use.`,
    plugin,
    phase: 'interpreter',
    facts: { wanted: constraint ?? null, found: unfit },
  });
}
