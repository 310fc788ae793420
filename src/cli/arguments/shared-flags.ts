import { readFileSync } from 'node:fs';
import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  mtlsModes,
  multiplexModes,
  type EnvironmentOptions,
  type MtlsMode,
  type MultiplexMode,
} from '../../environment/index.js';
import { logLevels, messageOf, PluginError, type LogLevel } from '../../model/index.js';
import { presets } from '../../policy/index.js';

/** The flags that `check` and `run` share, as commander hands them over. */
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

export function addSharedFlags(command: Command): Command {
  return command
    .option('--json', 'print JSON for programs instead of text for people')
    .option(
      '--config <file>',
      'a JSON file with the options of createEnvironment: handshake, policy, groups, startConcurrency, env, inheritEnv, hostVersion, mtls, tls, multiplex, lock, stdin, unixSocket, tcp, stateDir, orphans',
    )
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
        'mutual TLS with the plugins: offered, insisted on, or off (default: auto)',
      ).choices([...mtlsModes]),
    )
    .addOption(
      new Option(
        '--multiplex <mode>',
        'one socket for every connection with a plugin: where it can, insisted on, or off (default: off)',
      ).choices([...multiplexModes]),
    )
    .addOption(
      new Option('--policy <preset>', 'how plugins are looked after (default: espalier)').choices(
        Object.keys(presets),
      ),
    )
    .option('--locked', 'start only what the lock file of `espalier lock` knows')
    .option(
      '--inherit-env <what>',
      'host variables that plugins get: minimal, all, or a list A,B (default: minimal)',
      parseInheritEnv,
    )
    .addOption(
      new Option('--log-level <level>', "the lowest level of the plugins' logs to print")
        .choices([...logLevels])
        .default('info'),
    );
}

/** The environment's options that the flags and the config file say. A flag wins over the file. */
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

/** The flag says whether; the file may say with which curve. */
function mtlsOf({ mtls }: EnvironmentOptions, mode: MtlsMode): EnvironmentOptions['mtls'] {
  return typeof mtls === 'object' ? { ...mtls, mode } : mode;
}

const configKeys = [
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
];

function readConfig(file: string): EnvironmentOptions {
  const configError = (why: string) =>
    new PluginError({
      code: 'CONFIG_INVALID',
      message: `The config file ${file} is not usable: ${why}.`,
      hint: `It holds one JSON object with the keys ${configKeys.join(', ')}.`,
    });
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw configError(messageOf(error));
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    throw configError('it is no JSON object');
  const unknown = Object.keys(parsed).filter((key) => !configKeys.includes(key));
  if (unknown.length > 0) throw configError(`it has the unknown keys ${unknown.join(', ')}`);
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
    throw new InvalidArgumentError('It must be whole numbers with commas between, for example 1,2.');
  }
  return list;
}

function parseInheritEnv(value: string): 'minimal' | 'all' | string[] {
  return value === 'minimal' || value === 'all' ? value : value.split(',').filter((name) => name !== '');
}
