import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  describeUnknown,
  mtlsModes,
  multiplexModes,
  type EnvironmentOptions,
  type MtlsMode,
  type MultiplexMode,
} from '../../environment/index.js';
import { logLevels, messageOf, PluginError, type LogLevel } from '../../model/index.js';
import { presets } from '../../policy/index.js';

/** The flags that `check` and `run` share, as commander parses them. */
export interface SharedFlags {
  readonly config?: string;
  readonly cookie?: { readonly cookieKey: string; readonly cookieValue: string };
  readonly protocolVersions?: readonly number[];
  readonly mtls?: MtlsMode;
  readonly multiplex?: MultiplexMode;
  readonly policy?: keyof typeof presets;
  readonly inheritEnv?: 'minimal' | 'all' | readonly string[];
  readonly logLevel: LogLevel;
  readonly locked?: boolean;
  readonly json?: boolean;
}

/** The options of createEnvironment that a config file may have. */
const configKeys: readonly string[] = [
  'handshake',
  'policy',
  'groups',
  'startConcurrency',
  'env',
  'inheritEnv',
  'hostVersion',
  'mtls',
  'tls',
  'multiplex',
  'lockFile',
  'stdin',
  'unixSocket',
  'tcp',
  'stateDir',
  'orphans',
] satisfies (keyof EnvironmentOptions)[];

/** Adds the flags that `check` and `run` share. */
export function addSharedFlags(command: Command): Command {
  return command
    .option('--json', 'print JSON for programs instead of text for people')
    .option('--config <file>', `a JSON file with options of createEnvironment: ${configKeys.join(', ')}`)
    .option(
      '--cookie <KEY=VALUE>',
      'the magic cookie that the plugins expect (default: ESPALIER_PLUGIN=espalier)',
      parseCookie,
    )
    .option(
      '--protocol-versions <list>',
      'the application protocol versions to offer, for example 1,2 (default: 1)',
      parseVersions,
    )
    .addOption(
      new Option(
        '--mtls <mode>',
        'mutual TLS with the plugins: offered, required, or off (default: auto)',
      ).choices([...mtlsModes]),
    )
    .addOption(
      new Option(
        '--multiplex <mode>',
        'one socket for all connections with a plugin: if supported, required, or off (default: off)',
      ).choices([...multiplexModes]),
    )
    .addOption(
      new Option('--policy <preset>', 'the preset that supervises the plugins (default: espalier)').choices(
        Object.keys(presets),
      ),
    )
    .option('--locked', 'start only plugins that match the lock file of `espalier lock`')
    .option(
      '--inherit-env <what>',
      'environment variables of the host that plugins inherit: minimal, all, or a list A,B (default: minimal)',
      parseInheritEnv,
    )
    .addOption(
      new Option('--log-level <level>', "the lowest level of the plugins' logs to print")
        .choices([...logLevels])
        .default('info'),
    );
}

/** The options of the environment from the config file and the flags. A flag overrides the file. */
export function environmentOptions(flags: SharedFlags): EnvironmentOptions {
  const file = flags.config === undefined ? {} : readConfig(flags.config);
  return {
    ...file,
    handshake: {
      ...file.handshake,
      ...flags.cookie,
      ...(flags.protocolVersions && { protocolVersions: flags.protocolVersions }),
    },
    policy: { ...file.policy, ...(flags.policy && { preset: flags.policy }) },
    inheritEnv: flags.inheritEnv ?? file.inheritEnv,
    ...(flags.mtls && { mtls: mtlsOf(file, flags.mtls) }),
    ...(flags.multiplex && { multiplex: flags.multiplex }),
  };
}

/** The flag sets the mode; the file may set the curve. */
function mtlsOf({ mtls }: EnvironmentOptions, mode: MtlsMode): EnvironmentOptions['mtls'] {
  return typeof mtls === 'object' ? { ...mtls, mode } : mode;
}

function readConfig(file: string): EnvironmentOptions {
  const configError = (problem: string) =>
    new PluginError({
      code: 'CONFIG_INVALID',
      message: `The config file ${file} is not usable: ${problem}.`,
      hint: `It must be one JSON object with any of the keys ${configKeys.join(', ')}.`,
    });
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw configError(messageOf(error));
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw configError('it is not a JSON object');
  const unknown = Object.keys(parsed).filter((key) => !configKeys.includes(key));
  if (unknown.length > 0) {
    const sentences = describeUnknown(unknown, configKeys);
    throw configError(unknown.map((key, index) => `${key} ${sentences[index]}`).join('; '));
  }
  return parsed;
}

function parseCookie(value: string): { cookieKey: string; cookieValue: string } {
  const at = value.indexOf('=');
  if (at < 1 || at === value.length - 1) throw new InvalidArgumentError('It must be KEY=VALUE.');
  return { cookieKey: value.slice(0, at), cookieValue: value.slice(at + 1) };
}

function parseVersions(value: string): number[] {
  const list = value.split(',').map(Number);
  if (value === '' || !list.every((version) => Number.isSafeInteger(version) && version >= 0)) {
    throw new InvalidArgumentError('It must be whole numbers separated by commas, for example 1,2.');
  }
  return list;
}

function parseInheritEnv(value: string): 'minimal' | 'all' | string[] {
  if (value === 'minimal' || value === 'all') return value;
  const names = value.split(',').filter((name) => name !== '');
  if (names.length === 0 || names.some((name) => /[=\s]/.test(name)))
    throw new InvalidArgumentError(
      'It must be minimal, all, or names separated by commas, such as PATH,LC_*.',
    );
  return names;
}
