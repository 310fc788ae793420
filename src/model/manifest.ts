import type { Checksums } from './lock-file.js';
import type { ResourceLimits } from './resource-limits.js';
import type { Backoff, Deadlines, HealthPolicy, PresetName, RestartPolicy } from './policy.js';

/** What runs a plugin: the Python or Node interpreter, or the operating system. */
export type PluginRuntime = 'python' | 'node' | 'executable';

/** Where the interpreter of a Python plugin comes from. */
export interface PythonSettings {
  /** `system`: from PATH. `venv`: a virtual environment that `espalier prepare` creates. `bundled`: from the bundle. */
  readonly dependency_mode: 'system' | 'venv' | 'bundled';
  /** The path of the virtual environment, relative to the bundle. */
  readonly venv_path?: string | undefined;
  /** The path of the requirements file, relative to the bundle. Default `requirements.txt`. */
  readonly requirements_path?: string | undefined;
}

/** The validated content of a bundle's `plugin.json`, `plugin.yaml` or `plugin.yml`. */
export interface Manifest {
  /** 3–190 characters of `a-z 0-9 - _ .`, in lower case. */
  readonly id: string;
  readonly name: string;
  readonly version: string;
  readonly description?: string | undefined;
  /** The lowest version of the host that the plugin supports (semver); compared with the option `hostVersion`. */
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
  /** Ids of the plugins that must be healthy before this one starts. */
  readonly requires: readonly string[];
  /** The group that it belongs to, one of the environment's `groups`. Default `root`. */
  readonly group?: string | undefined;
  /** Whether its exit counts for the auto-shutdown of its group. Not allowed with `permanent`. Default `false`. */
  readonly significant?: boolean | undefined;
  /** How the plugin is supervised; overrides the option `policy`. */
  readonly supervision: SupervisionOptions;
  /** The resource limits of its process; of a limit here and in the options the smaller one is used. */
  readonly limits?: ResourceLimits | undefined;
  /** Environment variables for the plugin's process. */
  readonly env: Readonly<Record<string, string>>;
  /** Checksums of single files by their path in the bundle; the entry must be one of them. */
  readonly checksums?: Readonly<Record<string, string>> | undefined;
  /** The checksum of the whole bundle. */
  readonly bundle?: string | undefined;
}

/** How one plugin is supervised: a preset, and values that override it. */
export interface SupervisionOptions {
  readonly preset?: PresetName | undefined;
  readonly restart?:
    (Partial<Omit<RestartPolicy, 'backoff'>> & { readonly backoff?: Partial<Backoff> }) | undefined;
  readonly health?: Partial<HealthPolicy> | undefined;
  readonly deadlines?: Partial<Deadlines> | undefined;
}

/** The stdin of a plugin's process: empty, or that of the host. */
export type StdinMode = 'ignore' | 'inherit';

/** A directory with a valid manifest. */
export interface Bundle {
  /** Absolute, symlinks resolved, at the last scan. */
  readonly directory: string;
  /** Absolute, symlinks kept: what it leads to counts at each start. `undefined`: there is no manifest. */
  readonly path?: string | undefined;
  readonly manifestPath: string;
  readonly manifest: Manifest;
  /** The runtime that the manifest names, or that follows from its entry. */
  readonly runtime: PluginRuntime;
  /** The script or executable, relative to the bundle. */
  readonly entry: string;
  /** Set for a reattached plugin without a bundle, which cannot be started. */
  readonly attachedOnly?: true | undefined;
  /** For a program without a manifest: its whole command line, instead of `entry`. */
  readonly command?: readonly [string, ...string[]] | undefined;
  /** For a program without a manifest: its stdin. Default: the option `stdin`. */
  readonly stdin?: StdinMode | undefined;
  /** The checksums of the lock file; `undefined` without a lock file. */
  readonly lockedChecksums?: Checksums | undefined;
}
