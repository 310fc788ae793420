import type { HealthPolicy, PluginError, HostSample } from '../../model/index.js';
import type { MissDecision } from '../../policy/index.js';
import type { EffectErroredEvent, OfGeneration } from '../from-effect.js';
import type { ChannelInput, ConnectionEvent, ProbeEvent, WatchEvent } from '../effects.js';

export interface HealthInput extends ChannelInput {
  readonly policy: HealthPolicy;
}

export interface HealthContext extends HealthInput {
  /** The newest check that somebody asked for. */
  readonly requestedCheck: number;
  /** The newest check that the probe under way answers. */
  readonly currentCheck: number;
  /** Probes sent so far. */
  readonly probes: number;
  /** Whether the newest probe connected anew. */
  readonly isFresh: boolean;
  /** What could be read when it was sent. */
  readonly sampleAtSend: HostSample;
  /** How long it may take: a policy that changes meanwhile is for the next one. */
  readonly deadlineMs: number;
  readonly decision: MissDecision;
  /** Missed in a row, without those that were excused. */
  readonly misses: number;
  /** Excused in a row. */
  readonly excused: number;
  /** What the newest probe failed with; `null` when it was answered. */
  readonly error: PluginError | null;
  /** What the plugin says instead of SERVING; `null` when it says that. */
  readonly notServing: PluginError | null;
}

export type HealthEvent =
  | { readonly type: 'health.check'; readonly number: number }
  | { readonly type: 'health.setPolicy'; readonly policy: HealthPolicy }
  | OfGeneration<ProbeEvent | WatchEvent>
  | ConnectionEvent
  | EffectErroredEvent;
