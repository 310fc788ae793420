import { checksumForm, limitProblems, parseChecksum, supervisionProblems } from '../../bundle/index.js';
import type { OrphanMode, SinkOptions } from '../../effects/index.js';
import { curves } from '../../go-plugin/index.js';
import type { HandshakeConfig, StdinMode } from '../../model/index.js';
import {
  mtlsModes,
  multiplexModes,
  type EnvironmentOptions,
  type MtlsOptions,
} from './environment-options.js';
import { groupsProblems } from './group-options.js';
import { socketProblems, tcpProblems } from './socket-options.js';

const sinkNames: readonly string[] = ['stdout', 'stderr', 'rawStderr'] satisfies (keyof SinkOptions)[];
const orphanModes: readonly OrphanMode[] = ['end', 'keep'];
const stdinModes: readonly StdinMode[] = ['ignore', 'inherit'];

/** Checks the options, of which `handshake` already has its defaults: each problem as a sentence. */
export function optionProblems(options: EnvironmentOptions, handshake: HandshakeConfig): readonly string[] {
  const { limits, programs = [] } = options;
  return [
    ...bundleProblems(options),
    ...handshakeProblems(handshake),
    ...versionProblems(options),
    ...policyProblems(options),
    ...groupsProblems(options),
    ...envProblems(options.env ?? {}),
    ...tlsProblems(options),
    ...multiplexProblems(options),
    ...checksumProblems(options),
    ...stdinProblems(options),
    ...sinkProblems(options),
    ...orphanProblems(options),
    ...stateProblems(options),
    ...[limits, ...programs.map((program) => program.limits)].flatMap((each) =>
      limitProblems(each ?? {}, ['limits']),
    ),
    ...socketProblems(options.unixSocket ?? {}),
    ...tcpProblems(options.tcp ?? {}),
  ];
}

/** The option `mtls` in its long form. */
export function mtlsOptions({ mtls = {} }: EnvironmentOptions): MtlsOptions {
  return typeof mtls === 'string' ? { mode: mtls } : mtls;
}

function bundleProblems({ pluginDir, bundles, programs }: EnvironmentOptions): string[] {
  const source = pluginDir ?? bundles ?? programs;
  return source === undefined ? ['pluginDir, bundles or programs must be given'] : [];
}

function handshakeProblems({ cookieKey, cookieValue, protocolVersions }: HandshakeConfig): string[] {
  const problems: string[] = [];
  if (!/^[^=\0]+$/.test(cookieKey))
    problems.push('handshake.cookieKey must be the name of an environment variable');
  if (cookieValue === '' || cookieValue.includes('\0'))
    problems.push('handshake.cookieValue must not be empty, and must not contain a null character');
  const integers = protocolVersions.every((version) => Number.isSafeInteger(version) && version >= 0);
  if (protocolVersions.length === 0 || !integers) {
    problems.push('handshake.protocolVersions must be a list of at least one whole number');
  }
  return problems;
}

function versionProblems({ versions, handshake }: EnvironmentOptions): string[] {
  if (versions === undefined) return [];
  const problems: string[] = [];
  if (handshake?.protocolVersions !== undefined)
    problems.push(
      'versions and handshake.protocolVersions exclude each other: the keys of versions are the versions to offer',
    );
  for (const [version, services] of Object.entries(versions))
    for (const [name, Ctor] of Object.entries(services))
      if (typeof Ctor !== 'function')
        problems.push(`versions: ${name} of version ${version} is not a client constructor`);
  return problems;
}

function policyProblems({ policy, programs = [] }: EnvironmentOptions): string[] {
  return [
    ...supervisionProblems(policy ?? {}, ['policy']),
    ...programs.flatMap(({ command, supervision = {} }) =>
      supervisionProblems(supervision).map((problem) => `the supervision of ${command}: ${problem}`),
    ),
  ];
}

function envProblems(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env)
    .filter(([name, value]) => !/^[^=\0]+$/.test(name) || typeof value !== 'string' || value.includes('\0'))
    .map(([name]) => `env: ${JSON.stringify(name)} is not a valid environment variable`);
}

function multiplexProblems({ multiplex = 'off' }: EnvironmentOptions): string[] {
  return multiplexModes.includes(multiplex) ? [] : [`multiplex must be one of ${multiplexModes.join(', ')}`];
}

function stdinProblems({ stdin, programs = [] }: EnvironmentOptions): string[] {
  const modes = [stdin, ...programs.map((program) => program.stdin)].filter((mode) => mode !== undefined);
  return modes.every((mode) => stdinModes.includes(mode)) ? [] : [`stdin must be ${stdinModes.join(' or ')}`];
}

function orphanProblems({ orphans = 'end', reapOrphans = true }: EnvironmentOptions): string[] {
  const problems: string[] = [];
  if (!orphanModes.includes(orphans)) problems.push(`orphans must be ${orphanModes.join(' or ')}`);
  if (typeof reapOrphans !== 'boolean') problems.push('reapOrphans must be true or false');
  return problems;
}

function stateProblems({ stateDir }: EnvironmentOptions): string[] {
  const isPath = stateDir === undefined || (typeof stateDir === 'string' && /^[^\0]+$/.test(stateDir));
  return isPath ? [] : ['stateDir must be the path of a directory'];
}

function sinkProblems({ sinks = {} }: EnvironmentOptions): string[] {
  return Object.entries(sinks)
    .filter(([name, sink]) => !sinkNames.includes(name) || !isSink(sink))
    .map(([name]) => `sinks.${name} must be one of ${sinkNames.join(', ')}, and a stream or a function`);
}

function isSink(sink: unknown): boolean {
  if (sink === undefined || typeof sink === 'function') return true;
  return typeof sink === 'object' && sink !== null && 'write' in sink && typeof sink.write === 'function';
}

function checksumProblems({ lockFile, pluginDir, programs = [] }: EnvironmentOptions): string[] {
  const problems: string[] = [];
  if (lockFile === true && pluginDir === undefined)
    problems.push('lockFile: true needs a pluginDir; without one, give the path of the file');
  if (lockFile === '') problems.push('lockFile must not be an empty path');
  for (const { command, checksums } of programs) {
    if (checksums === undefined) continue;
    if (Object.keys(checksums).length === 0)
      problems.push(`the checksums of ${command} must name at least one file`);
    for (const [file, checksum] of Object.entries(checksums)) {
      if (typeof checksum !== 'string' || parseChecksum(checksum) === null)
        problems.push(`the checksum of ${file} ${checksumForm}`);
    }
  }
  return problems;
}

function tlsProblems(options: EnvironmentOptions): string[] {
  const { tls } = options;
  const { mode = 'auto', curve = 'P-256', verify = false } = mtlsOptions(options);
  const problems: string[] = [];
  if (!mtlsModes.includes(mode)) problems.push(`mtls must be one of ${mtlsModes.join(', ')}`);
  if (!(curve in curves)) problems.push(`mtls.curve must be one of ${Object.keys(curves).join(', ')}`);
  if (typeof verify !== 'boolean') problems.push('mtls.verify must be true or false');
  if (tls === undefined) return problems;
  if (options.mtls !== undefined && mode !== 'off')
    problems.push('tls and mtls exclude each other: tls uses your own certificates');
  if (typeof tls.rootCertificates !== 'string' || typeof tls.serverName !== 'string')
    problems.push('tls.rootCertificates and tls.serverName must be given');
  if ((tls.certificate === undefined) !== (tls.privateKey === undefined))
    problems.push('tls.certificate and tls.privateKey must be given together');
  return problems;
}
