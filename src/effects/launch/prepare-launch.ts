import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import {
  diagnose,
  launchEnvironment,
  ranOutOfMemory,
  sniffExecutable,
  sniffLength,
  type DiagnosisFacts,
  type ExecutableKind,
} from '../../go-plugin/index.js';
import type { LaunchInput } from '../../machines/effects.js';
import { PluginError, type Bundle, type ResourceLimits, type StdinMode } from '../../model/index.js';
import { currentBundle } from '../bundle/current-bundle.js';
import { locateCommand, type LocatedCommand } from '../bundle/locate-command.js';
import { verifyChecksums } from '../checksum/verify-checksums.js';
import { readSmallFile } from '../files/read-small-file.js';
import type { Guard } from '../orphans/guard.js';
import { strictestLimits } from '../process/prlimit.js';
import type { ProcessExit, RunSpec } from '../process/runner.js';
import { findProgram } from '../process/search-path.js';
import type { PluginProtocol } from '../protocol/plugin-protocol.js';
import type { ProtocolSettings } from '../protocol/protocol-settings.js';
import type { SocketDirectories, SocketDirectory } from '../socket/socket-directory.js';
import type { Identity, IdentitySource } from '../tls/identity.js';

/** What the host gives to every plugin that it starts. */
export interface LaunchSettings extends ProtocolSettings {
  /** Which of the host's own environment variables a plugin gets. */
  readonly inheritEnv: 'minimal' | 'all' | readonly string[];
  /** Variables for every plugin; those of a manifest replace them. */
  readonly env: Readonly<Record<string, string>>;
  readonly hostEnv: NodeJS.ProcessEnv;
  readonly stdin: StdinMode;
  readonly limits: ResourceLimits;
  /** Whether processes survive the death of the host, for the next host to reattach. */
  readonly outlivesHost: boolean;
}

/** What every process gets a part of. */
export interface LaunchResources {
  readonly protocol: Pick<PluginProtocol, 'environment'>;
  readonly sockets: SocketDirectories;
  /** `null` without AutoMTLS. */
  readonly identities: IdentitySource | null;
  readonly guard: Guard;
}

/** All that one process needs, made before it is started. Remove `sockets` when it has ended. */
export interface PreparedLaunch {
  readonly spec: RunSpec;
  /** The bundle that is started. */
  readonly bundle: Bundle;
  /** The host's side of AutoMTLS with this process; `null` when it is not offered. */
  readonly identity: Identity | null;
  readonly sockets: SocketDirectory;
  readonly explainExit: (exit: ProcessExit) => ExitExplanation;
  /** What an error of the system means for this program, and the next step. */
  readonly explainFailure: (error: PluginError) => Promise<string>;
}

/** What an exit means for the plugin's author. */
export interface ExitExplanation {
  /** The probable cause and the next step. */
  readonly diagnosis: string;
  /** Whether the process reached its memory limit. */
  readonly outOfMemory: boolean;
}

/** Finds the program of a bundle and makes all that its process needs. Rejects with a PluginError. */
export async function prepareLaunch(
  { bundle: scanned, plugin, generation }: LaunchInput,
  settings: LaunchSettings,
  { protocol, sockets, identities, guard }: LaunchResources,
): Promise<PreparedLaunch> {
  const bundle = await currentBundle(scanned);
  const located = await locate(bundle, settings.hostEnv);
  await verifyChecksums(bundle, located.command);
  await checkExistence(bundle, located, settings);
  // Before the start, as a plugin can replace its program by anything.
  const executable = await executableKindOf(located);
  const identity = (await identities?.next()) ?? null;
  const limits = strictestLimits(settings.limits, bundle.manifest.limits ?? {});
  const processGuard = guard.guardProcess(plugin, generation);
  const directory = sockets.make();
  const env = launchEnvironment({
    host: settings.hostEnv,
    platform: process.platform,
    inherit: settings.inheritEnv,
    user: { ...located.env, ...settings.env, ...bundle.manifest.env },
    protocol: protocol.environment({
      socketDirectory: directory.path,
      clientCertificatePem: identity?.certificatePem,
    }),
    token: processGuard.token,
    outlivesHost: settings.outlivesHost,
  });
  const { command, args, cwd } = located;
  const facts = factsBefore(bundle, located, executable, limits, settings);
  return {
    spec: {
      command,
      args,
      cwd,
      env,
      stdin: bundle.stdin ?? settings.stdin,
      limits,
      directory: directory.path,
      outlivesHost: settings.outlivesHost,
      guard: processGuard,
    },
    bundle,
    identity,
    sockets: directory,
    explainExit: (exit) => explainExit(exit, facts),
    explainFailure: async ({ facts: { errno } }) =>
      diagnose({ ...facts, ...(await missingFacts(located)), spawnError: String(errno) }),
  };
}

/** A program without a manifest was not looked for yet. Not unrecoverable: a deploy may put it back. */
async function checkExistence(
  bundle: Bundle,
  located: LocatedCommand,
  settings: LaunchSettings,
): Promise<void> {
  const found = await missingFacts(located);
  if (found.file !== null && found.missingDirectory === undefined) return;
  const { command, cwd } = located;
  const facts = factsBefore(bundle, located, undefined, {}, settings);
  throw new PluginError({
    code: 'SPAWN_FAILED',
    plugin: bundle.manifest.id,
    phase: 'interpreter',
    message: `${command} could not be started: ENOENT.`,
    hint: diagnose({ ...facts, ...found, spawnError: 'ENOENT' }),
    facts: { command, cwd, errno: 'ENOENT' },
  });
}

/** What is known before the process runs. */
function factsBefore(
  bundle: Bundle,
  { interpreter }: LocatedCommand,
  executable: ExecutableKind | null | undefined,
  limits: ResourceLimits,
  { handshake }: LaunchSettings,
): DiagnosisFacts {
  return {
    stderrTail: '',
    hasServed: false,
    exitCode: null,
    signal: null,
    runtime: bundle.runtime,
    entry: bundle.entry,
    interpreter: interpreter ?? undefined,
    cookieKey: handshake.cookieKey,
    executable,
    hostArch: process.arch,
    hostPlatform: process.platform,
    limits,
  };
}

function explainExit(exit: ProcessExit, facts: DiagnosisFacts): ExitExplanation {
  const { code, signal, stderrTail, servingStderr, stdoutLines } = exit;
  const lastOutput = servingStderr ?? stderrTail;
  const diagnosis = diagnose({
    ...facts,
    stderrTail: lastOutput,
    hasServed: servingStderr !== null,
    stdoutLines,
    exitCode: code,
    signal,
  });
  const { memoryBytes } = facts.limits ?? {};
  return { diagnosis, outOfMemory: memoryBytes !== undefined && ranOutOfMemory(lastOutput) };
}

/** Looks at the files of a program that was not started. A program that is searched on PATH is not looked for. */
async function missingFacts({
  command,
  cwd,
}: LocatedCommand): Promise<Pick<DiagnosisFacts, 'file' | 'missingDirectory'>> {
  const directory = await stat(cwd).catch(() => null);
  if (directory?.isDirectory() !== true) return { missingDirectory: cwd };
  if (basename(command) === command) return {};
  const file = await stat(resolve(cwd, command)).catch(() => null);
  return {
    file: file && { isFile: file.isFile(), hasExecutableBit: (file.mode & 0o111) !== 0 },
  };
}

async function locate(bundle: Bundle, env: NodeJS.ProcessEnv): Promise<LocatedCommand> {
  const { platform, execPath } = process;
  const { command: configured, directory: cwd, manifest } = bundle;
  if (bundle.attachedOnly === true) throw noProgramError(bundle);
  if (configured === undefined) return locateCommand(bundle, { env, platform, execPath });
  const [name, ...args] = configured;
  // Where a checksum is given, the file that is verified must be the one that is started.
  const command = manifest.checksums === undefined ? name : await findProgram(name, cwd, env, platform);
  if (command === null) throw notOnPathError(bundle, name);
  return { command, args, cwd, interpreter: null, env: {} };
}

function noProgramError({ manifest }: Bundle): PluginError {
  return new PluginError({
    code: 'EXECUTABLE_NOT_FOUND',
    plugin: manifest.id,
    phase: 'interpreter',
    message: `${manifest.id} is known only as a process that was reattached: there is no program to start.`,
    hint: 'Reattach another process, or give the environment its bundle.',
  });
}

function notOnPathError({ manifest }: Bundle, name: string): PluginError {
  return new PluginError({
    code: 'EXECUTABLE_NOT_FOUND',
    plugin: manifest.id,
    phase: 'interpreter',
    message: `There is no program ${name} on PATH.`,
    hint: 'Install it, or give the path of the program.',
    facts: { command: name },
  });
}

/** What kind of file the program is; `undefined` where the system searches it on PATH, or it cannot be read. */
async function executableKindOf({
  command,
  cwd,
}: LocatedCommand): Promise<ExecutableKind | null | undefined> {
  if (basename(command) === command) return undefined;
  const rules = { maxBytes: sniffLength, truncate: true };
  return readSmallFile(resolve(cwd, command), rules).then(sniffExecutable, () => undefined);
}
