import type { Observable } from 'rxjs';
import type {
  EnvironmentEvent,
  InspectionListener,
  InspectionObserver,
  Manifest,
  PluginStatus,
  ReattachConfig,
  RestoreOutcome,
  SupervisionOptions,
  SupervisionPolicy,
  SupervisorStatus,
} from '../model/index.js';
import type { Explanation } from './status/explain.js';
import type { Plugin } from './plugin/plugin-handle.js';
import type { Activation, StartOutcome } from './calls/plugin-calls.js';
import type { ReattachManifest } from './calls/reattach-plugin.js';
import type { AvailablePlugin } from './registry/plugin-registry.js';

/** The root of the tree, an XState actor. What it has beside these is internal, and so is the context of its snapshots. */
export interface RootActor {
  readonly sessionId: string;
  /** The actor system: `inspect` reports all actors from now on. */
  readonly system: {
    inspect(observer: InspectionObserver | InspectionListener): { unsubscribe(): void };
  };
  /** Its current snapshot. `value` is its state. */
  getSnapshot(): RootSnapshot;
  /** Calls `next` with each further snapshot. */
  subscribe(next: (snapshot: RootSnapshot) => void): { unsubscribe(): void };
}

/** A snapshot of the root actor. */
export interface RootSnapshot {
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly value: unknown;
  readonly context: unknown;
}

/**
 * A set of supervised plugins. A method that takes a plugin's id throws or rejects with PLUGIN_NOT_FOUND for an unknown
 * one. After {@link Environment.shutdown}, methods that only read still answer; all others throw or reject with
 * ENVIRONMENT_STOPPED.
 */
export interface Environment {
  /** The root actor, to inspect or to subscribe to. */
  readonly actor: RootActor;
  /** All events from the moment of subscription on; completes when the environment has stopped. */
  readonly events: Observable<EnvironmentEvent>;
  /** Every bundle of the last scan, sorted by id; an invalid one has the error that explains why. */
  available(): readonly AvailablePlugin[];
  /** The ids of the plugins that are healthy. */
  active(): readonly string[];
  /** Whether a plugin is healthy; `false` for an unknown id. */
  isActive(id: string): boolean;
  /**
   * Starts a plugin and waits until it is healthy. If the plugin is starting, the call waits for that start. If it is
   * stopping, crashed, pending or failed, it is started again and its restart history is cleared. If its bundle is
   * unknown or invalid, the bundles are scanned first. The plugins that it requires start before it. At most
   * `startConcurrency` plugins start at a time; the others are `pending`.
   *
   * Rejects with the error of this start, or with REQUIREMENT_UNMET as soon as a required plugin failed to start. The
   * restart policy decides whether either is tried again: see {@link Environment.explain}.
   */
  activate(id: string): Promise<Activation>;
  /**
   * Starts every plugin that is not running, each after those that it requires, and waits until each one is healthy or
   * has failed. A failed start does not stop the others and does not reject: the outcomes have the errors.
   */
  activateAll(): Promise<readonly StartOutcome[]>;
  /**
   * Restores the plugins of the previous host with the same `stateDir`: reattaches to processes that still run, starts
   * the plugins that were wanted, in dependency order, and leaves the others stopped. Resolves with the outcome of each
   * plugin and the reason; a plugin that fails does not reject. Called again, it retries plugins whose bundles were
   * missing. Without a `stateDir` it resolves with an empty list. See docs/durable-intent.md.
   */
  restore(): Promise<readonly RestoreOutcome[]>;
  /**
   * Attaches to a plugin's running process instead of starting one, and waits until it is healthy. The plugin must not
   * run in this environment. Give a manifest for a plugin without a bundle: it is supervised, but never restarted.
   *
   * Rejects with REATTACH_NOT_FOUND when the process has ended, its pid belongs to another process, or it accepts no
   * connections. After a failure the process is left alone, and no other one is started. See docs/reattach.md.
   */
  reattach(manifestOrId: ReattachManifest | string, config: ReattachConfig): Promise<Activation>;
  /**
   * What another host needs to attach to this plugin's process; `null` unless the plugin is healthy. Throws
   * MTLS_UNSUPPORTED when the connection uses AutoMTLS, because only this host has the keys, and MUX_UNSUPPORTED when
   * it is multiplexed.
   */
  reattachConfig(id: string): ReattachConfig | null;
  /**
   * Stops a plugin and waits until its process has ended. Plugins that require it ({@link Environment.requiredBy}) are
   * stopped before it. Resolves with whether it was running or wanted; with `false` also when an activation arrived
   * before the stop began.
   */
  deactivate(id: string): Promise<boolean>;
  /** Stops a plugin if it runs, starts it, and waits until it is healthy. */
  restartPlugin(id: string): Promise<void>;
  /** Probes the plugin's health service now. Rejects when the plugin cannot serve. */
  performHealthCheck(id: string): Promise<void>;
  /** The status of every plugin and of every invalid bundle, sorted by id. */
  statuses(): readonly PluginStatus[];
  /** The status of one plugin or invalid bundle. */
  status(id: string): PluginStatus;
  /** The supervisors with their rules, their remaining restarts, and their children in start order. */
  tree(): SupervisorStatus;
  /** The plugins that require this one, directly or indirectly, in start order: `deactivate` stops them too. */
  requiredBy(id: string): readonly string[];
  /** Why a plugin is in its state, what to do about it, and the events that led there. */
  explain(id: string): Explanation;
  /** The manifest of a plugin. Throws the bundle's error when it is invalid. */
  manifest(id: string): Manifest;
  /**
   * Changes how a plugin is supervised: a preset and single values, which override the options and the manifest.
   * Replaces what an earlier call set; `{}` goes back to options and manifest. Returns the policy now in effect. A
   * running plugin keeps running, its restart history stays, and a scheduled restart is not delayed. With a `stateDir`
   * the setting survives the host. See docs/restarts.md.
   *
   * Throws CONFIG_INVALID when a value is not usable; the policy then stays as it was.
   */
  setPolicy(id: string, supervision: SupervisionOptions): SupervisionPolicy;
  /** A handle that stays valid across restarts of the plugin. */
  plugin(id: string): Plugin;
  /** Stops a plugin and removes it from the environment. Its files stay. */
  removePlugin(id: string): Promise<void>;
  /** Scans the bundle directories again: adds new bundles, and invalid ones that are valid now. */
  rescan(): Promise<readonly AvailablePlugin[]>;
  /** Stops every plugin. Resolves when no process, socket or timer is left. Further calls return the same promise. */
  shutdown(): Promise<void>;
}
