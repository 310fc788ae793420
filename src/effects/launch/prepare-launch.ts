import { closeSync, openSync, readSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import {
  diagnose,
  launchEnvironment,
  ranOutOfMemory,
  sniffExecutable,
  sniffLength,
  type Curve,
  type ExecutableKind,
} from '../../go-plugin/index.js';
import type { LaunchInput } from '../../machines/effects.js';
import {
  messageOf,
  PluginError,
  type Bundle,
  type PluginLogEntry,
  type HandshakeConfig,
  type ResourceLimits,
  type StdinMode,
} from '../../model/index.js';
import { locateCommand, type LocatedCommand } from '../bundle/index.js';
import { searchPath } from '../process/search-path.js';
import { verifyChecksums } from '../checksum/index.js';
import type { Guard } from '../orphans/index.js';
import { strictestLimits, withPrlimit } from '../process/prlimit.js';
import { makeNamedPipes, type NamedPipes } from '../process/named-pipes.js';
import type { LogSink } from '../logs/line-writer.js';
import type { RunSpec } from '../process/local-process.js';
import type { SocketDirectories, SocketDirectory } from '../socket/socket-directory.js';
import type { IdentitySource } from '../tls/identity.js';
import type { ManualTls } from '../tls/security.js';

/** What the host gives to every plugin that it starts. */
export interface LaunchSettings {
  readonly handshake: HandshakeConfig;
  /** Which of the host's own environment variables a plugin gets. */
  readonly inheritEnv: 'minimal' | 'all' | readonly string[];
  /** Variables for every plugin; a manifest's own win over them. */
  readonly env: Readonly<Record<string, string>>;
  readonly hostEnv: NodeJS.ProcessEnv;
  readonly tls: TlsSettings;
  /** Whether one socket is to carry every connection: not asked for, used where a plugin can, or insisted on. */
  readonly multiplex: 'auto' | 'required' | 'off';
  readonly stdin: StdinMode;
  readonly limits: ResourceLimits;
  /** Whether processes are to live on without their host, and to be taken over by the next one. */
  readonly outlivesHost: boolean;
  /** The group that plugins give their sockets to, as the embedder named it. */
  readonly socketGroup: string | undefined;
  /** The ports of plugins that listen on TCP. */
  readonly ports: { readonly minPort?: number | undefined; readonly maxPort?: number | undefined };
}

/** What the host wants of its connections: AutoMTLS (offered or insisted on), the embedder's own TLS, or none. */
export type TlsSettings =
  | { readonly mode: 'auto' | 'required'; readonly curve: Curve }
  | { readonly mode: 'manual'; readonly tls: ManualTls }
  | { readonly mode: 'off' };

/** What every process gets a part of. */
export interface LaunchResources {
  readonly sockets: SocketDirectories;
  /** `null` without AutoMTLS. */
  readonly identities: IdentitySource | null;
  readonly guard: Guard;
  readonly log: LogSink;
}

/** Finds a bundle's program and makes all that its process needs. Rejects with a PluginError. */
export async function prepareLaunch(
  { bundle, plugin, generation }: LaunchInput,
  settings: LaunchSettings,
  { sockets, identities, guard, log }: LaunchResources,
): Promise<RunSpec> {
  const { platform, arch } = process;
  const located = await locate(bundle, settings.hostEnv);
  await verifyChecksums(bundle, located.command);
  const identity = (await identities?.next()) ?? null;
  const limits = strictestLimits(settings.limits, bundle.manifest.limits ?? {});
  const runs = await withPrlimit(located, limits, settings.hostEnv);
  if (runs.problem !== null) log(limitsWarning(plugin, generation, limits, runs.problem));
  const processGuard = guard.guardProcess(plugin, generation);
  const directory = sockets.make();
  const env = launchEnvironment({
    host: settings.hostEnv,
    platform,
    inherit: settings.inheritEnv,
    user: { ...located.env, ...settings.env, ...bundle.manifest.env },
    handshake: settings.handshake,
    socketDirectory: directory.path,
    unixSocketGroup: settings.socketGroup,
    ...settings.ports,
    multiplexing: settings.multiplex !== 'off',
    clientCertificatePem: identity?.certificatePem,
    token: processGuard.token,
    outlivesHost: settings.outlivesHost,
  });
  const pipes = settings.outlivesHost ? await namedPipes(directory, plugin, generation, log) : null;
  return {
    command: located.command,
    args: located.args,
    exec: runs,
    cwd: located.cwd,
    env,
    stdin: bundle.stdin ?? settings.stdin,
    identity,
    token: processGuard.token,
    pipes,
    socketDirectory: directory.path,
    registerSocket: directory.registerSocket,
    shareSocket: directory.share,
    release() {
      pipes?.close();
      directory.remove();
    },
    started: processGuard.started,
    ended: processGuard.ended,
    ranOutOfMemory: ({ stderrTail }) => limits.memoryBytes !== undefined && ranOutOfMemory(stderrTail),
    diagnose: ({ code, signal, stderrTail, stdoutLines }) =>
      diagnose({
        stderrTail,
        stdoutLines,
        exitCode: code,
        signal,
        runtime: bundle.runtime,
        entry: bundle.entry,
        interpreter: located.interpreter ?? undefined,
        cookieKey: settings.handshake.cookieKey,
        executable: executableKindOf(located),
        hostArch: arch,
        hostPlatform: platform,
        limits,
      }),
  };
}

/** Without them it can be started all the same; then what it prints without a host ends it. */
async function namedPipes(
  { path }: SocketDirectory,
  plugin: string,
  generation: number,
  log: LogSink,
): Promise<NamedPipes | null> {
  try {
    return await makeNamedPipes(path);
  } catch (thrown) {
    const message = `[WARN] what this plugin prints after its host has died will end it: ${messageOf(thrown)}`;
    log({ plugin, generation, source: 'host', level: 'warn', message, fields: {} });
    return null;
  }
}

function limitsWarning(
  plugin: string,
  generation: number,
  limits: ResourceLimits,
  problem: string,
): PluginLogEntry {
  const message = `[WARN] the limits of this plugin do not hold: ${problem}`;
  return { plugin, generation, source: 'host', level: 'warn', message, fields: { limits } };
}

async function locate(bundle: Bundle, env: NodeJS.ProcessEnv): Promise<LocatedCommand> {
  const { platform, execPath } = process;
  if (bundle.attachedOnly === true) throw noProgramError(bundle);
  if (bundle.command === undefined) return locateCommand(bundle, { env, platform, execPath });
  const [name, ...args] = bundle.command;
  // What is compared with a checksum must be the very file that is started.
  const command = bundle.manifest.checksums === undefined ? name : await resolveProgram(bundle, name, env);
  return { command, args, cwd: bundle.directory, interpreter: null, env: {} };
}

function noProgramError({ manifest }: Bundle): PluginError {
  return new PluginError({
    code: 'EXECUTABLE_NOT_FOUND',
    plugin: manifest.id,
    phase: 'interpreter',
    message: `Nothing is known of ${manifest.id} but a process that was reattached: there is no program to start.`,
    hint: 'Reattach another process, or give the environment its bundle.',
  });
}

async function resolveProgram(
  { directory, manifest }: Bundle,
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  if (name.includes('/')) return resolve(directory, name);
  const [found] = await searchPath(name, env, process.platform);
  if (found !== undefined) return found;
  throw new PluginError({
    code: 'EXECUTABLE_NOT_FOUND',
    plugin: manifest.id,
    phase: 'interpreter',
    message: `There is no program ${name} on PATH.`,
    hint: 'Install it, or give the path of the program.',
    facts: { command: name },
  });
}

/** What the program's file is; `undefined` where it is left to the system to find, or cannot be read. */
function executableKindOf({ command, cwd }: LocatedCommand): ExecutableKind | null | undefined {
  if (basename(command) === command) return undefined;
  const head = Buffer.alloc(sniffLength);
  try {
    const file = openSync(resolve(cwd, command), 'r');
    try {
      return sniffExecutable(head.subarray(0, readSync(file, head, 0, head.length, 0)));
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}
