import { resolve, basename } from 'node:path';
import type { ScannedBundle } from '../../effects/index.js';
import type { ResourceLimits, StdinMode, SupervisionOptions } from '../../model/index.js';

/** A plugin without a manifest: a Go binary, a script with its interpreter, or any other program. */
export interface ProgramOptions {
  /** The id of the plugin. Default: the base name of the command, in lower case. */
  readonly id?: string | undefined;
  /** A path, or a name that is looked up on PATH. */
  readonly command: string;
  /** The arguments of the command. Default: none. */
  readonly args?: readonly string[] | undefined;
  /** The working directory. Default: that of the host. */
  readonly cwd?: string | undefined;
  /** Environment variables for the process. Default: none beside those of the environment's options. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** How the plugin is supervised; overrides the option `policy`. */
  readonly supervision?: SupervisionOptions | undefined;
  /** The resource limits of its process. Of a limit here and in the environment's options the smaller one is used. */
  readonly limits?: ResourceLimits | undefined;
  /** Ids of the plugins that must be healthy before it starts. */
  readonly requires?: readonly string[] | undefined;
  /** The group that it belongs to, one of the environment's `groups`. Default `root`. */
  readonly group?: string | undefined;
  /** Whether its exit counts for the auto-shutdown of its group. Default `false`. */
  readonly significant?: boolean | undefined;
  /** What it reads on stdin. Default: the option `stdin` of the environment. */
  readonly stdin?: StdinMode | undefined;
  /**
   * Checksums of files, verified before each start: `sha256:…` or `sha512:…` by the path, absolute or relative to `cwd`.
   * The path of the program itself is its `command`. Default: no file is verified.
   */
  readonly checksums?: Readonly<Record<string, string>> | undefined;
}

/** The bundle that stands for a program. */
export function programBundle(program: ProgramOptions): ScannedBundle {
  const { command, args = [], env = {}, supervision = {}, requires = [], checksums, stdin } = program;
  const { group, significant, limits } = program;
  const id = program.id ?? basename(command).toLowerCase();
  const directory = resolve(program.cwd ?? '.');
  return {
    ok: true,
    id,
    bundle: {
      directory,
      manifestPath: '',
      manifest: {
        id,
        name: id,
        version: '0.0.0',
        server: {},
        requires,
        group,
        significant,
        supervision,
        env,
        checksums,
        limits,
      },
      runtime: 'executable',
      entry: command,
      command: [command, ...args],
      stdin,
    },
  };
}
