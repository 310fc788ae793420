import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import {
  createEnvironment,
  type Environment,
  type EnvironmentOptions,
  type Logger,
  type PluginError,
  type PluginLogEntry,
  type ProgramOptions,
} from '../../src/index.js';
import { afterTest } from '../support/environment.js';

/** A compiled program of `npm run test:interop`. */
export function binary(name: string): string {
  return resolve('test/interop/.bin', name);
}

export const helper = binary('go-plugin.test');

/** What the helper wants in its environment before it does anything. */
export const helperVariables = { GO_WANT_HELPER_PROCESS: '1' };
export const helperCookie = ['TEST_MAGIC_COOKIE', 'test'] as const;

/**
 * The command line of go-plugin's test helper in one of its modes. The time limit is never reached: without a timer
 * Go's runtime would take the modes that wait for their end for a deadlock, and end them itself.
 */
export function helperCommand(mode: string, ...args: readonly string[]): readonly [string, ...string[]] {
  return [helper, '-test.run=TestHelperProcess', '-test.timeout=2m', '--', mode, ...args];
}

/**
 * Most modes print a line without a protocol, which means netrpc, and so end here before anything else of them can
 * be seen. These let the shell add the missing field, or keep the line from the host altogether.
 */
export function withGrpcField(command: readonly string[]): readonly [string, ...string[]] {
  return ['sh', '-c', '"$0" "$@" | sed -u "s/$/|grpc/"', ...command];
}

export function withoutStdout(command: readonly string[]): readonly [string, ...string[]] {
  return ['sh', '-c', 'exec "$0" "$@" > /dev/null', ...command];
}

/** One plugin, and everything it said and did. */
export interface PluginHost {
  readonly env: Environment;
  readonly id: string;
  /** What the plugin printed, in order. */
  readonly logEntries: readonly PluginLogEntry[];
  /** What the environment's logger got at error. */
  readonly errors: readonly string[];
  /** The error of a start that has to fail. */
  readonly failedStart: () => Promise<PluginError>;
  /** Waits until the plugin has printed something. */
  readonly waitForLog: (matches: (entry: PluginLogEntry) => boolean) => Promise<PluginLogEntry>;
}

export interface HostOptions extends Partial<EnvironmentOptions> {
  readonly offered?: readonly number[];
  readonly startMs?: number;
  readonly checksums?: ProgramOptions['checksums'];
}

/** An environment over the helper, gone after the test. */
export function hostOfHelper(
  command: readonly [string, ...string[]],
  options: HostOptions = {},
): Promise<PluginHost> {
  return hostOf({
    program: programOf(command, helperVariables),
    cookie: helperCookie,
    ...options,
  });
}

/** An environment over one of the examples, gone after the test. */
export function hostOfExample(
  name: string,
  options: HostOptions & { cwd?: string } = {},
): Promise<PluginHost> {
  const { cwd, ...rest } = options;
  const program = { ...programOf([binary(name)]), cwd: cwd ?? temporaryFolder() };
  return hostOf({ program, cookie: ['BASIC_PLUGIN', 'hello'], ...rest });
}

/** An environment over a Python program in the run's own virtual environment, gone after the test. */
export function hostOfPython(
  script: string,
  { variables = {}, ...options }: HostOptions & { variables?: Record<string, string> } = {},
): Promise<PluginHost> {
  const program = programOf([resolve('test/interop/.venv/bin/python'), script], {
    PYTHONDONTWRITEBYTECODE: '1',
    ...variables,
  });
  return hostOf({ program, cookie: ['ESPALIER_PLUGIN', 'espalier'], ...options });
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-interop-'));
  afterTest(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return folder;
}

function programOf([command, ...args]: readonly [string, ...string[]], env = {}): ProgramOptions {
  return { id: 'plugin', command, args, env };
}

async function hostOf({
  program,
  cookie: [cookieKey, cookieValue],
  offered = [1],
  startMs = 10_000,
  checksums,
  ...options
}: HostOptions & { program: ProgramOptions; cookie: readonly [string, string] }): Promise<PluginHost> {
  const said: PluginLogEntry[] = [];
  const errors: string[] = [];
  const env = await createEnvironment({
    programs: [{ ...program, checksums }],
    handshake: { cookieKey, cookieValue, protocolVersions: offered },
    policy: { restart: { restart: 'temporary', retryFailedStart: false }, deadlines: { startMs } },
    logger: errorCollector(errors),
    ...options,
  });
  afterTest(() => env.shutdown());
  env.events.subscribe((event) => {
    if (event.type === 'plugin.log') said.push(event.entry);
  });
  const id = program.id ?? '';
  return {
    env,
    id,
    logEntries: said,
    errors,
    failedStart: () =>
      env.activate(id).then(
        () => {
          throw new Error('The plugin became healthy.');
        },
        (error: unknown) => error as PluginError,
      ),
    waitForLog: (matches) =>
      new Promise((found) => {
        const before = said.find(matches);
        if (before !== undefined) {
          found(before);
          return;
        }
        const subscription = env.events.subscribe((event) => {
          if (event.type !== 'plugin.log' || !matches(event.entry)) return;
          subscription.unsubscribe();
          found(event.entry);
        });
      }),
  };
}

function errorCollector(errors: string[]): Logger {
  const ignore = (): undefined => undefined;
  const error = (_: object, message: string): void => {
    errors.push(message);
  };
  return { trace: ignore, debug: ignore, info: ignore, warn: ignore, error };
}
