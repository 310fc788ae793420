import type { Checksums } from './lock-file.js';
import type { ResourceLimits } from './resource-limits.js';
import type { Backoff, Deadlines, HealthPolicy, PresetName, RestartPolicy } from './policy.js';

export type PluginRuntime = 'python' | 'node' | 'executable';

export interface PythonSettings {
  /** `system`: the interpreter on PATH. `venv`: one that `espalier prepare` makes. `bundled`: one shipped in the bundle. */
  readonly dependency_mode: 'system' | 'venv' | 'bundled';
  /** Where the virtual environment is, relative to the bundle. */
  readonly venv_path?: string | undefined;
  /** The requirements file, relative to the bundle. Default `requirements.txt`. */
  readonly requirements_path?: string | undefined;
}

/** What a bundle's `plugin.json`, `plugin.yaml` or `plugin.yml` says, checked. */
export interface Manifest {
  /** 3–190 characters of `a-z 0-9 - _ .`, lower-cased. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description?: string | undefined;
  /** The lowest version of the embedding server that the plugin works with (semver). */
  readonly min_server_version?: string | undefined;
  readonly server: {
    readonly runtime?: PluginRuntime | undefined;
    readonly executable?: string | undefined;
    /** Keyed `linux-amd64`, `darwin-arm64`, `windows-amd64`, … */
    readonly executables?: Readonly<Record<string, string>> | undefined;
    readonly args?: readonly string[] | undefined;
    /** For example `3.11`, or `>=3.10`. */
    readonly python_version?: string | undefined;
    readonly python?: PythonSettings | undefined;
  };
  readonly props?: Readonly<Record<string, unknown>> | undefined;
  /** Ids of the plugins that this one needs. */
  readonly requires: readonly string[];
  /** The group that it belongs to, one of the environment's `groups`. Default `root`. */
  readonly group?: string | undefined;
  /** Whether its end by itself counts for the auto-shutdown of its group. Not for a `permanent` one. Default `false`. */
  readonly significant?: boolean | undefined;
  readonly supervision: SupervisionOptions;
  /** What its process may take of the machine; the environment's own limits hold beside them. */
  readonly limits?: ResourceLimits | undefined;
  /** Environment variables for the plugin's process. */
  readonly env: Readonly<Record<string, string>>;
  /** Checksums of single files by their path in the bundle, the entry among them. */
  readonly checksums?: Readonly<Record<string, string>> | undefined;
  /** The checksum of the whole bundle. */
  readonly bundle?: string | undefined;
}

/** How one plugin is looked after; what is left out comes from the environment's options. */
export interface SupervisionOptions {
  readonly preset?: PresetName | undefined;
  readonly restart?:
    (Partial<Omit<RestartPolicy, 'backoff'>> & { readonly backoff?: Partial<Backoff> }) | undefined;
  readonly health?: Partial<HealthPolicy> | undefined;
  readonly deadlines?: Partial<Deadlines> | undefined;
}

/** What a plugin's process has as stdin: nothing, or the host's own. */
export type StdinMode = 'ignore' | 'inherit';

/** A directory with a manifest that can be run. */
export interface Bundle {
  /** Absolute, symlinks resolved. */
  readonly directory: string;
  readonly manifestPath: string;
  readonly manifest: Manifest;
  /** The runtime that the manifest's rules lead to. */
  readonly runtime: PluginRuntime;
  /** The script or executable, relative to the bundle. */
  readonly entry: string;
  /** Nothing is known of it but a process that was reattached: it cannot be started. */
  readonly attachedOnly?: true | undefined;
  /** For a bare program without a manifest: its whole command line, in place of `entry`. */
  readonly command?: readonly [string, ...string[]] | undefined;
  /** Only for a bare program: what it reads on stdin. Left out: what the environment says. */
  readonly stdin?: StdinMode | undefined;
  /** What the lock file says of it; left out where no lock is used. */
  readonly lockedChecksums?: Checksums | undefined;
}
