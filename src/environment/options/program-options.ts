import { resolve, basename } from 'node:path';
import type { ScannedBundle } from '../../effects/index.js';
import type { ResourceLimits, StdinMode, SupervisionOptions } from '../../model/index.js';

/** A plugin that is a bare program: a Go binary, a script with its interpreter, anything that can be started. */
export interface ProgramOptions {
  /** Default: the base name of the command, lower-cased. */
  readonly id?: string | undefined;
  /** A path, or a name that is looked up on PATH. */
  readonly command: string;
  readonly args?: readonly string[] | undefined;
  /** Default: the host's working directory. */
  readonly cwd?: string | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
  readonly supervision?: SupervisionOptions | undefined;
  /** What its process may take of the machine; of each limit here and in the environment's options, the smaller one. */
  readonly limits?: ResourceLimits | undefined;
  /** Ids of the plugins that it needs. */
  readonly requires?: readonly string[] | undefined;
  /** The group that it belongs to, one of the environment's `groups`. Default `root`. */
  readonly group?: string | undefined;
  /** Whether its end by itself counts for the auto-shutdown of its group. Default `false`. */
  readonly significant?: boolean | undefined;
  /** What it reads on stdin. Default: what the environment says, which is nothing. */
  readonly stdin?: StdinMode | undefined;
  /**
   * Files that must be what they were, compared before each start: paths, absolute or relative to `cwd`, with
   * `sha256:…` or `sha512:…`. The program itself goes by its `command`. Default: nothing is compared.
   */
  readonly checksums?: Readonly<Record<string, string>> | undefined;
}

/** A program in the place of a bundle. */
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
