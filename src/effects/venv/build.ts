import { relative } from 'node:path';
import { installerHint, installerProgress } from '../../bundle/index.js';
import { PluginError, type Bundle } from '../../model/index.js';
import type { RequirementsDigest } from './requirements-digest.js';
import { runTool } from './run-tool.js';
import type { VenvPlan } from './plan.js';

/** The input of `buildVenv`. */
export interface VenvBuild {
  readonly bundle: Bundle;
  readonly plan: VenvPlan & { wanted: true };
  readonly inventory: RequirementsDigest;
  /** The Python to make it from. */
  readonly python: string;
  /** The path of uv, where there is one. */
  readonly uv: string | undefined;
  readonly env: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly tell: (step: 'venv' | 'install', message: string) => void;
}

/** Makes a virtual environment where none is, and installs the requirements. Rejects with a PluginError. */
export async function buildVenv(build: VenvBuild): Promise<void> {
  const { plan, inventory, uv, tell } = build;
  const requirements = inventory.empty ? null : plan.requirements;
  tell('venv', `making the virtual environment with ${uv === undefined ? 'venv' : 'uv'}`);
  await (uv === undefined ? makeWithVenv(build, requirements !== null) : makeWithUv(build, uv));
  if (requirements === null) return;
  const file = relative(build.bundle.directory, requirements);
  tell('install', `installing ${file} with ${uv === undefined ? 'pip' : 'uv'}`);
  await (uv === undefined ? installWithPip(build, requirements) : installWithUv(build, uv, requirements));
  await proveInstalled(build);
}

/** Without the user's site directory and PYTHONPATH (`-I`): what is found then lies in the virtual environment. */
const proof = `import sys
from importlib.metadata import PackageNotFoundError, distribution
for name in sys.argv[1:]:
    try:
        distribution(name)
    except PackageNotFoundError:
        print("missing:", name)
`;

/** An installer that was configured to install elsewhere (`PIP_TARGET`, `prefix` in pip.conf) succeeds all the same. */
async function proveInstalled({ bundle, plan, inventory, env, signal }: VenvBuild): Promise<void> {
  const args = ['-I', '-c', proof, ...inventory.names];
  const { code, tail } = await runTool({
    command: plan.interpreter,
    args,
    cwd: bundle.directory,
    env,
    signal,
  });
  const missing = Array.from(tail.matchAll(/^missing: (.+)$/gm), ([, name]) => name);
  if (code === 0 && missing.length === 0) return;
  throw new PluginError({
    code: 'PREPARE_FAILED',
    message:
      code === 0
        ? `The installer succeeded, but the virtual environment does not have ${missing.join(', ')}.`
        : 'The Python of the new virtual environment cannot be run.',
    hint: 'Look for a target, prefix, root or dry-run in PIP_* and UV_* variables and in the configuration of pip and uv.',
    plugin: bundle.manifest.id,
    phase: 'interpreter',
    facts: { missing, exitCode: code, outputTail: tail },
  });
}

function makeWithUv(build: VenvBuild, uv: string): Promise<void> {
  return run(build, 'venv', uv, ['venv', '--python', build.python, build.plan.venv]);
}

function makeWithVenv(build: VenvBuild, installs: boolean): Promise<void> {
  // Putting pip into it takes seconds, which are saved where nothing is to be installed.
  const pip = installs ? [] : ['--without-pip'];
  return run(build, 'venv', build.python, ['-m', 'venv', ...pip, build.plan.venv]);
}

function installWithUv(build: VenvBuild, uv: string, requirements: string): Promise<void> {
  // uv takes a local package from its cache for as long as its pyproject.toml is the same, whatever else was edited.
  const afresh = build.inventory.hasLocals ? ['--reinstall'] : [];
  return run(build, 'install', uv, [
    'pip',
    'install',
    '--python',
    build.plan.interpreter,
    ...afresh,
    '-r',
    requirements,
  ]);
}

function installWithPip(build: VenvBuild, requirements: string): Promise<void> {
  return run(build, 'install', build.plan.interpreter, ['-m', 'pip', 'install', '-r', requirements]);
}

/** In the bundle's directory, so that relative paths in the requirements mean what their author meant. */
async function run(
  build: VenvBuild,
  step: 'venv' | 'install',
  command: string,
  args: readonly string[],
): Promise<void> {
  const { bundle, env, signal, tell } = build;
  const onLine = (line: string): void => {
    const message = installerProgress(line);
    if (message !== null) tell(step, message);
  };
  const end = await runTool({ command, args, cwd: bundle.directory, env, signal, onLine });
  if (end.code === 0) return;
  const how = end.code === null ? `was ended by ${end.signal ?? 'a signal'}` : `exit code ${end.code}`;
  throw new PluginError({
    code: 'PREPARE_FAILED',
    message: `The virtual environment could not be made: \`${[command, ...args].join(' ')}\`: ${end.failure?.message ?? how}.`,
    hint: installerHint(end.tail),
    plugin: bundle.manifest.id,
    phase: 'interpreter',
    facts: { step, command, args, exitCode: end.code, signal: end.signal, outputTail: end.tail },
    cause: end.failure ?? undefined,
  });
}
