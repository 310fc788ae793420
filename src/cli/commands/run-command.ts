import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Option, type Command } from 'commander';
import { createEnvironment, type Environment, type EnvironmentOptions } from '../../environment/index.js';
import { PluginError } from '../../model/index.js';
import { startInspector } from '../../observe/index.js';
import { exitCode } from './exit-code.js';
import { createReporter, type Reporter } from '../output/reporter.js';
import { addSharedFlags, environmentOptions, type SharedFlags } from '../arguments/shared-flags.js';
import { noBundlesError } from './report-outcomes.js';
import { onStopSignal } from './stop-signals.js';
import { parsePort } from '../arguments/argument-parsers.js';

interface RunFlags extends SharedFlags {
  readonly inspect?: number;
  readonly with?: string;
  readonly stateDir?: string;
}

/** A module for `espalier run --with`: a program that uses the environment. */
export interface HostModule {
  /** Called once, before the plugins are activated. Returns a teardown function, called before the plugins are stopped. */
  readonly default: (
    environment: Environment,
    context: {
      /** Prints a line above the table. */
      readonly print: (line: string) => void;
    },
  ) => Promise<Teardown | undefined> | Teardown | undefined;
}

type Teardown = () => unknown;

/**
 * Gives `--inspect` the port 0 when no port follows: commander would read the directory that follows as its port.
 */
export function withInspectPort(args: readonly string[]): string[] {
  return args.flatMap((arg, index) => {
    const hasNoPort = arg === '--inspect' && !/^\d+$/.test(args[index + 1] ?? '');
    return hasNoPort ? ['--inspect=0'] : [arg];
  });
}

/** Adds `espalier run`. */
export function addRunCommand(program: Command): void {
  addSharedFlags(
    program
      .command('run')
      .description('supervise every bundle in a directory until Ctrl-C')
      .argument('<dir>', 'the directory that holds the bundles')
      .addOption(
        new Option('--inspect [port]', 'serve a page that shows the state machines, on 127.0.0.1').argParser(
          parsePort,
        ),
      )
      .option('--with <module>', 'a JavaScript module that gets the environment, to call the plugins')
      .option(
        '--state-dir <dir>',
        'a directory that keeps the desired state of the plugins; the next run restores it',
      ),
  )
    .addHelpText('after', examples)
    .action(async (dir: string, flags: RunFlags) => {
      process.exitCode = await run(dir, flags);
    });
}

const examples = `
On a terminal it shows a live table, elsewhere one line for each event, with --json one JSON object for each event.

Examples:
  espalier run ./plugins
  espalier run --inspect --policy mattermost ./plugins
  espalier run --state-dir /var/lib/my-server ./plugins
  espalier run --json ./plugins | jq 'select(.type == "plugin.gaveUp")'

Exit codes: 0 stopped by a signal, 1 the module of --with or the environment failed, 2 wrong usage.`;

/** Node waits only for the processes that it has started itself. */
const initAdvice =
  'warning: this is process 1, which Node cannot be in full: what orphans of plugins leave stays as zombies. Start it under an init: docker run --init, or tini -- espalier run …';

async function run(dir: string, flags: RunFlags): Promise<number> {
  const inspector = flags.inspect === undefined ? null : await startInspector({ port: flags.inspect });
  try {
    const shared = environmentOptions(flags);
    const options: EnvironmentOptions = {
      ...shared,
      lockFile: flags.locked === true && typeof shared.lockFile !== 'string' ? true : shared.lockFile,
      pluginDir: dir,
      inspect: inspector?.inspect,
      ...(flags.stateDir !== undefined && { stateDir: flags.stateDir }),
    };
    const env = await createEnvironment(options);
    const reporter = createReporter({ json: flags.json === true, logLevel: flags.logLevel, env });
    try {
      if (process.pid === 1) reporter.print(initAdvice);
      if (inspector !== null) reporter.print(`inspector: ${inspector.url}`);
      return await supervise(env, dir, flags, reporter);
    } finally {
      await env.shutdown();
      reporter.close();
    }
  } finally {
    await inspector?.close();
  }
}

async function supervise(
  env: Environment,
  dir: string,
  flags: RunFlags,
  reporter: Reporter,
): Promise<number> {
  const stopped = new Promise<string>((stop) => {
    onStopSignal(stop);
  });
  if (env.available().length === 0) throw noBundlesError(dir);
  const teardown = flags.with === undefined ? undefined : await loadHostModule(flags.with, env, reporter);
  const started = startAll(env, reporter);
  const reason = await stopped;
  reporter.print(`stopping (${reason}); a second signal kills the plugins`);
  await teardown?.();
  await Promise.all([env.shutdown(), started]);
  return exitCode.ok;
}

/** Restores the plugins of the previous run, and activates those that it did not know. */
async function startAll(env: Environment, reporter: Reporter): Promise<void> {
  const restored = await env.restore();
  for (const { id, outcome, because } of restored) reporter.print(`${id}: ${outcome} (${because})`);
  if (restored.length === 0) {
    await env.activateAll();
    return;
  }
  const known = new Set(restored.map(({ id }) => id));
  const added = env.available().filter(({ id, error }) => error === null && !known.has(id));
  // The events report how each start went.
  await Promise.allSettled(added.map(({ id }) => env.activate(id)));
}

async function loadHostModule(
  module: string,
  env: Environment,
  reporter: Reporter,
): Promise<Teardown | undefined> {
  const loaded = (await import(pathToFileURL(resolve(module)).href)) as Partial<HostModule>;
  if (typeof loaded.default !== 'function') {
    throw new PluginError({
      code: 'CONFIG_INVALID',
      message: `The default export of ${module} is not a function.`,
      hint: 'Write: export default (environment, { print }) => { … }',
    });
  }
  return (await loaded.default(env, { print: reporter.print })) ?? undefined;
}
