import type { Observable } from 'rxjs';
import type { Actor } from 'xstate';
import type { EnvironmentMachine } from '../machines/index.js';
import type {
  EnvironmentEvent,
  Manifest,
  PluginError,
  PluginStatus,
  ReattachConfig,
  RestoreOutcome,
  SupervisionOptions,
  SupervisionPolicy,
  SupervisorStatus,
} from '../model/index.js';
import type { Explanation } from './status/explain.js';
import type { Plugin } from './plugin/plugin-handle.js';
import type { ReattachManifest } from './calls/reattach-plugin.js';

/** A bundle that the environment knows of. */
export type AvailablePlugin =
  | { readonly id: string; readonly directory: string; readonly manifest: Manifest; readonly error: null }
  /** It cannot be run, for this reason. */
  | { readonly id: string; readonly directory: string; readonly manifest: null; readonly error: PluginError };

export interface Activation {
  readonly manifest: Manifest;
  /** `false` when the plugin was healthy already. */
  readonly activated: boolean;
}

/** How the start of one plugin has gone. */
export interface StartOutcome {
  readonly id: string;
  /** `false` when it was healthy already, or could not be started. */
  readonly activated: boolean;
  /** What its start failed with, or that of what it requires; `null` when it is healthy. */
  readonly error: PluginError | null;
}

/**
 * A set of plugins that is looked after. Every method that names a plugin throws or rejects with PLUGIN_NOT_FOUND
 * for an unknown id. After {@link Environment.shutdown}, what only reads still
 * answers; what acts rejects with ENVIRONMENT_STOPPED.
 */
export interface Environment {
  /** The root actor, to inspect or to subscribe to. */
  readonly actor: Actor<EnvironmentMachine>;
  /** Everything that happens, from the moment of subscription on; completes when the environment has stopped. */
  readonly events: Observable<EnvironmentEvent>;
  /** Every bundle found by the last scan, broken ones with their reason, sorted by id. */
  available(): readonly AvailablePlugin[];
  /** The ids of the plugins that are healthy. */
  active(): readonly string[];
  isActive(id: string): boolean;
  /**
   * Starts a plugin and waits until it is healthy. A plugin that is starting is waited for; one that is stopping,
   * crashed, waiting or failed is started anew, and its earlier failures are forgotten. A bundle that was unknown
   * or broken is read again first. What it requires is started before it, and no more plugins at a time than
   * `startConcurrency`: until its turn comes, it is `waiting`.
   *
   * Rejects with the error of this start, or with REQUIREMENT_UNMET as soon as one that it requires has failed to
   * start. Whether either is tried again is the policy's business: see {@link Environment.explain}.
   */
  activate(id: string): Promise<Activation>;
  /**
   * Starts every plugin that is not running, each after what it requires, and waits until all of them are healthy or
   * have failed. Never rejects for the sake of a plugin: one that fails does not keep the others.
   */
  activateAll(): Promise<readonly StartOutcome[]>;
  /**
   * Brings back what an earlier host with the same `stateDir` looked after: takes over the processes that live on, starts
   * what was wanted, in dependency order, and lets rest what was not. Answers what became of each plugin, and why; never
   * rejects for the sake of one. Called again, it tries those whose bundles were missing. Without a `stateDir`, and for
   * plugins that no host has looked after before, there is nothing to do. See docs/durable-intent.md.
   */
  restore(): Promise<readonly RestoreOutcome[]>;
  /**
   * Attaches to a plugin's process that runs already, in the place of starting one, and waits until it is healthy.
   * The plugin must not run here. A manifest stands for a plugin that no bundle is known of: it is looked after like
   * any other, but not started again.
   *
   * Rejects with REATTACH_NOT_FOUND where the process is gone, is another one by now, or takes no connections. After
   * any failure the process is left as it was, and nothing is started in its place. See docs/reattach.md.
   */
  reattach(manifestOrId: ReattachManifest | string, config: ReattachConfig): Promise<Activation>;
  /**
   * What another environment needs to attach to this plugin's process; `null` unless the plugin is healthy. Throws
   * MTLS_UNSUPPORTED for a plugin that is spoken with over AutoMTLS: nobody else has the keys.
   */
  reattachConfig(id: string): ReattachConfig | null;
  /**
   * Brings a plugin down and waits until its process is gone. Plugins that require it ({@link Environment.requiredBy})
   * are brought down before it. Answers whether it was running or wanted; `false` also where an activation came before
   * anything was brought down.
   */
  deactivate(id: string): Promise<boolean>;
  /** Brings a plugin down if it runs, starts it, and waits until it is healthy. */
  restartPlugin(id: string): Promise<void>;
  /** Asks the plugin's health service now. Rejects whenever the plugin cannot serve. */
  performHealthCheck(id: string): Promise<void>;
  /** The status of every plugin and broken bundle, sorted by id. */
  statuses(): readonly PluginStatus[];
  status(id: string): PluginStatus;
  /** Why a plugin is where it is, and what to do about it. */
  /** The supervisors with their rules, what is left of their budgets, and their children in start order. */
  tree(): SupervisorStatus;
  /** The plugins that require this one, directly or not, in start order: deactivating it brings them down, too. */
  requiredBy(id: string): readonly string[];
  explain(id: string): Explanation;
  manifest(id: string): Manifest;
  /**
   * Looks after a plugin by other numbers from now on: a preset, and numbers over it, over all that the options and the
   * manifest say. It takes the place of what was set before; `{}` goes back to options and manifest. Answers the
   * policy that holds. A plugin that runs goes on running, its earlier failures go on counting, and a restart that is
   * due comes no later than it was. With a `stateDir`, it survives the host. See docs/restarts.md.
   *
   * Throws CONFIG_INVALID when the numbers are not usable; the policy stays as it was then.
   */
  setPolicy(id: string, supervision: SupervisionOptions): SupervisionPolicy;
  /** A handle that stays valid while the plugin comes and goes. */
  plugin(id: string): Plugin;
  /** Brings a plugin down and forgets it. Its files stay. */
  removePlugin(id: string): Promise<void>;
  /** Looks at the bundle directories again: takes up new bundles, and broken ones that were mended. */
  rescan(): Promise<readonly AvailablePlugin[]>;
  /** Brings every plugin down. Resolves when no process, socket or timer is left; can be called any number of times. */
  shutdown(): Promise<void>;
}
