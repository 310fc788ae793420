import type { Backoff } from './policy.js';

/**
 * OTP's strategies: who goes down with a child that is restarted. `one-for-one`: nobody. `one-for-all`: all its
 * siblings. `rest-for-one`: the siblings that start after it.
 */
export type Strategy = 'one-for-one' | 'one-for-all' | 'rest-for-one';

/** OTP's auto-shutdown: whether a group goes down when significant children of it have ended by themselves. */
export type AutoShutdown = 'never' | 'any-significant' | 'all-significant';

/** How one group of plugins is looked after; what is left out has a default. */
export interface GroupOptions {
  /** Default `one-for-one`. */
  readonly strategy?: Strategy | undefined;
  /**
   * Restarts of all children together that are allowed within `periodMs`; one more, and the group gives up (OTP's
   * MaxR). `null`: the group has no budget of its own, only its plugins have. Default `null`.
   */
  readonly intensity?: number | null | undefined;
  /** The window in which restarts count (OTP's MaxT), in milliseconds. Default 300 000. */
  readonly periodMs?: number | undefined;
  /** Default `never`. */
  readonly autoShutdown?: AutoShutdown | undefined;
  /** The group that this one belongs to. Default `root`. */
  readonly parent?: string | undefined;
  /** Whether its auto-shutdown counts for that of its parent. Default `false`. */
  readonly significant?: boolean | undefined;
  /** Plugins that belong to it whatever their manifests say, in the order in which they start. Default: none. */
  readonly members?: readonly string[] | undefined;
  /** The pause before the group is started again after it gave up, where its parent does so. Default: the policy's. */
  readonly backoff?: Partial<Backoff> | undefined;
  /** After the group was given up for good, one more try this often; `null`: never. Default: the policy's. */
  readonly halfOpenAfterMs?: number | null | undefined;
}

/** A supervisor's rules, complete. */
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

/** The supervisor above all others. Its rules can be said like those of any group. */
export const rootGroup = 'root';

/** Where a supervisor is. `running` looks after its children; `failed` has given up. */
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
 * What a supervisor reports about itself, with OTP's four fields. `restarting`: children go down and come up together.
 * `gaveUp`: it brought all of them down and leaves it to its parent. `shutDown`: significant children have ended.
 */
export interface SupervisorReport {
  readonly type: 'supervisor.restarting' | 'supervisor.gaveUp' | 'supervisor.shutDown';
  readonly supervisor: string;
  /** `childTerminated`: a child ended. `childGaveUp`: one is not tried any more. `childBroke`: a defect of Espalier. */
  readonly context: 'childTerminated' | 'childGaveUp' | 'childBroke';
  /** In one sentence. */
  readonly reason: string;
  /** The plugin or the group that it is about. */
  readonly offender: string;
  /** The children that go down with it, in start order. */
  readonly affected: readonly string[];
}

/** A supervisor of the tree at one moment. Plain data, safe to send as JSON. */
export interface SupervisorStatus {
  readonly name: string;
  readonly state: SupervisorState;
  readonly strategy: Strategy;
  readonly autoShutdown: AutoShutdown;
  readonly intensity: number | null;
  readonly periodMs: number;
  /** Restarts that the budget still allows now; `null` without a budget. */
  readonly restartsLeft: number | null;
  /** In start order. */
  readonly children: readonly TreeChild[];
}

/** A child of a supervisor: a plugin by its id, or a supervisor with its own children. */
export type TreeChild =
  | {
      readonly kind: 'plugin';
      readonly id: string;
      readonly significant: boolean;
      /** The siblings and their like that it starts after, and is stopped before. */
      readonly after: readonly string[];
    }
  | {
      readonly kind: 'supervisor';
      readonly significant: boolean;
      readonly after: readonly string[];
      readonly supervisor: SupervisorStatus;
    };
