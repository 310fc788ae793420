import type { Backoff } from './policy.js';

/**
 * OTP's restart strategy: the siblings that are restarted with a child. `one-for-one`: none. `one-for-all`: all.
 * `rest-for-one`: those that start after it.
 */
export type Strategy = 'one-for-one' | 'one-for-all' | 'rest-for-one';

/** OTP's auto-shutdown: whether a group shuts down when one or all of its significant children have exited. */
export type AutoShutdown = 'never' | 'any-significant' | 'all-significant';

/** How one group of plugins is supervised. */
export interface GroupOptions {
  /** Default `one-for-one`. */
  readonly strategy?: Strategy | undefined;
  /**
   * The restart intensity (OTP's MaxR): how many restarts of all its children are allowed within `periodMs`; at one more
   * the group gives up. `null`: no limit for the group, only for each plugin. Default `null`.
   */
  readonly intensity?: number | null | undefined;
  /** The period (OTP's MaxT) in which restarts count, in milliseconds. Default 300 000. */
  readonly periodMs?: number | undefined;
  /** Default `never`. */
  readonly autoShutdown?: AutoShutdown | undefined;
  /** The group that this one belongs to. Default `root`. */
  readonly parent?: string | undefined;
  /** Whether its auto-shutdown counts for that of its parent. Default `false`. */
  readonly significant?: boolean | undefined;
  /** Ids of plugins that belong to it, in start order; overrides `group` of their manifests. Default: none. */
  readonly members?: readonly string[] | undefined;
  /** The delay before its parent restarts the group after it gave up. Default: that of the option `policy`. */
  readonly backoff?: Partial<Backoff> | undefined;
  /** The interval of half-open tries after the group failed, in milliseconds; `null`: none. Default: the policy's. */
  readonly halfOpenAfterMs?: number | null | undefined;
}

/** The complete configuration of a supervisor. */
export interface SupervisorSpec {
  readonly name: string;
  readonly strategy: Strategy;
  readonly intensity: number | null;
  readonly periodMs: number;
  readonly autoShutdown: AutoShutdown;
  readonly significant: boolean;
  readonly parent: string | null;
  readonly members: readonly string[];
  readonly backoff: Backoff;
  readonly halfOpenAfterMs: number | null;
}

/** The name of the top supervisor. Its options are set like those of any group. */
export const rootGroup = 'root';

/** The state of a supervisor. `running`: it supervises its children. `failed`: it gave up. */
export type SupervisorState =
  | 'running'
  | 'stoppingChildren'
  | 'backingOff'
  | 'startingChildren'
  | 'suspended'
  | 'escalating'
  | 'failed'
  | 'stopping';

/**
 * A supervisor report with OTP's four fields. `restarting`: children are stopped and started together. `gaveUp`: all
 * children are stopped, and the parent decides what follows. `shutDown`: significant children have exited.
 */
export interface SupervisorReport {
  readonly type: 'supervisor.restarting' | 'supervisor.gaveUp' | 'supervisor.shutDown';
  readonly supervisor: string;
  /** `childTerminated`: a child exited. `childGaveUp`: a child is not restarted any more. `childBroke`: an internal error. */
  readonly context: 'childTerminated' | 'childGaveUp' | 'childBroke';
  /** The reason in one sentence. */
  readonly reason: string;
  /** The plugin or the group that caused it. */
  readonly offender: string;
  /** The children that are stopped, in start order. */
  readonly affected: readonly string[];
}

/** The status of one supervisor. Plain data, safe to send as JSON. */
export interface SupervisorStatus {
  readonly name: string;
  readonly state: SupervisorState;
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  readonly intensity: number | null;
  readonly periodMs: number;
  /** How many restarts the intensity still allows now; `null` without one. */
  readonly restartsLeft: number | null;
  /** The children in start order. */
  readonly children: readonly TreeChild[];
}

/** A child of a supervisor: a plugin, or a supervisor with its own children. */
export type TreeChild =
  | {
      readonly kind: 'plugin';
      readonly id: string;
      readonly significant: boolean;
      /** The siblings, or plugins in sibling groups, that it starts after and is stopped before. */
      readonly after: readonly string[];
    }
  | {
      readonly kind: 'supervisor';
      readonly significant: boolean;
      readonly after: readonly string[];
      readonly supervisor: SupervisorStatus;
    };
