import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Option, type Command } from 'commander';
import { createEnvironment, type Environment, type EnvironmentOptions } from '../../environment/index.js';
import { PluginError } from '../../model/index.js';
import { startInspector } from '../../observe/index.js';
import { exitCode } from '../exit-code.js';
import { createReporter, type Reporter } from '../output/reporter.js';
import { addSharedFlags, environmentOptions, type SharedFlags } from '../arguments/shared-flags.js';
import { noBundles } from './no-bundles.js';
import { onStopSignal } from '../stop-signals.js';
import { parsePort } from '../arguments/argument-parsers.js';

interface RunFlags extends SharedFlags {
  readonly inspect?: number;
  readonly with?: string;
  readonly stateDir?: string;
}

/** A module that rides along with `espalier run`: it is handed the environment and may use all of it. */
export interface HostModule {
  /** Called once, before the plugins are activated. What it returns is called before the plugins are stopped. */
  readonly default: (
    environment: Environment,
    context: {
      /** Prints a line without disturbing the table. */
      readonly say: (line: string) => void;
    },
  ) => Promise<Teardown | undefined> | Teardown | undefined;
}

type Teardown = () => unknown;

/**
 * `--inspect` takes a port or none; commander would take the directory that follows it for one. Words that are no
 * port are therefore set apart from it.
 */
export function withInspectPort(words: readonly string[]): string[] {
  return words.flatMap((word, index) => {
    const isAlone = word === '--inspect' && !/^\d+$/.test(words[index + 1] ?? '');
    return isAlone ? ['--inspect=0'] : [word];
  });
}

export function addRunCommand(program: Command): void {
  addSharedFlags(
    program
      .command('run')
      .description('supervise every bundle in a directory until Ctrl-C')
      .argument('<dir>', 'the directory that holds the bundles')
      .addOption(
        new Option('--inspect [port]', 'show the state machines in a browser, on 127.0.0.1').argParser(
          parsePort,
        ),
      )
      .option(
        '--with <module>',
        'a JavaScript module that is handed the environment, to speak with the plugins',
      )
      .option(
        '--state-dir <dir>',
        'a directory in which what is wanted of the plugins survives this process; the next run brings it back',
      ),
  )
    .addHelpText('after', examples)
    .action(async (dir: string, flags: RunFlags) => {
      process.exitCode = await run(dir, flags);
    });
}

const examples = `
On a terminal it shows a live table; elsewhere, readable lines; with --json, one event as JSON per line.

Examples:
  espalier run ./plugins
  espalier run --inspect --policy mattermost ./plugins
  espalier run --state-dir /var/lib/my-server ./plugins
  espalier run --json ./plugins | jq 'select(.type == "plugin.gaveUp")'

Exit codes: 0 ended as asked, 1 a companion or the environment failed, 2 wrong usage.`;

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
  if (env.available().length === 0) throw noBundles(dir);
  const teardown = flags.with === undefined ? undefined : await loadHostModule(flags.with, env, reporter);
  const started = startAll(env, reporter);
  const reason = await stopped;
  reporter.print(`stopping (${reason}); once more to end at once`);
  await teardown?.();
  await Promise.all([env.shutdown(), started]);
  return exitCode.ok;
}

/** What an earlier run has looked after goes on as it was; what is new is started. */
async function startAll(env: Environment, reporter: Reporter): Promise<void> {
  const restored = await env.restore();
  for (const { id, outcome, because } of restored) reporter.print(`${id}: ${outcome} (${because})`);
  if (restored.length === 0) {
    await env.activateAll();
    return;
  }
  const known = new Set(restored.map(({ id }) => id));
  const fresh = env.available().filter(({ id, error }) => error === null && !known.has(id));
  // How each start goes is told by its events.
  await Promise.allSettled(fresh.map(({ id }) => env.activate(id)));
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
      message: `${module} has no default export that can be called.`,
      hint: 'Write: export default (environment, { say }) => { … }',
    });
  }
  return (await loaded.default(env, { say: reporter.print })) ?? undefined;
}
