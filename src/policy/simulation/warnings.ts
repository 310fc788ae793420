import type { Fault, SupervisionPolicy } from '../../model/index.js';
import { repeating } from './fault-traces.js';
import { simulate } from './simulate.js';

/** A failure that a policy never gives up, although it has an intensity. */
export interface PolicyWarning {
  /** The behaviour of the plugin. */
  readonly when: 'crashes at once' | 'never finishes its start' | 'hangs at once';
  readonly message: string;
  /** What to change. */
  readonly hint: string;
}

interface Case {
  readonly when: PolicyWarning['when'];
  readonly fault: Fault;
  readonly remedy: string;
}

const cases: readonly Case[] = [
  {
    when: 'crashes at once',
    fault: { afterHealthyMs: 0 },
    remedy: 'shorten the backoff',
  },
  {
    when: 'never finishes its start',
    fault: { startMs: null },
    remedy: 'lower deadlines.startMs',
  },
  {
    when: 'hangs at once',
    fault: { afterHealthyMs: 0, kind: 'hang' },
    remedy: 'probe its health more often, and lower deadlines.termMs',
  },
];

/** A larger intensity is taken for an unbounded one. */
const largestIntensity = 1000;
/** A longer interval is taken for no probes, in milliseconds. */
const longestInterval = 24 * 60 * 60_000;

/**
 * Finds failures after which a policy restarts a plugin without end although it has an intensity: finding them, stopping
 * the process and the backoff take so long that failures leave the period before there are too many. Full jitter is
 * taken at its mean.
 */
export function policyWarnings(policy: SupervisionPolicy): readonly PolicyWarning[] {
  const { intensity } = policy.restart;
  if (intensity === null || intensity > largestIntensity) return [];
  return cases
    .filter(({ fault }) => fault.kind !== 'hang' || policy.health.intervalMs < longestInterval)
    .flatMap((one) => warningOf(policy, one, intensity) ?? []);
}

function warningOf(policy: SupervisionPolicy, { when, fault, remedy }: Case, intensity: number) {
  const { periodMs, resetAfterMs } = policy.restart;
  // If it is not given up after its first failures, it never is: the backoff only grows.
  const generations = 2 * intensity + 2;
  const { restarts, exits } = repeat(fault, policy, generations);
  if (restarts < generations) return null;
  const [before = 0, last = 0] = exits.slice(-2).map(({ at }) => at);
  const [healthyMs = 0] = exits.map((exit) => exit.healthyMs);
  const isReset = resetAfterMs !== null && healthyMs >= resetAfterMs;
  const why = isReset
    ? `each time it was healthy for restart.resetAfterMs (${resetAfterMs} ms)`
    : `${intensity + 1} such failures do not lie within restart.periodMs (${periodMs ?? Infinity} ms)`;
  const change = isReset
    ? `restart.resetAfterMs above ${healthyMs}`
    : `restart.periodMs to ${spanOf(fault, policy, intensity)} or more`;
  return {
    when,
    message: `A plugin that ${when} is never given up: it fails every ${last - before} ms, and ${why}.`,
    hint: `Raise ${change}, or ${remedy}.`,
  };
}

/** From the first failure to the one that exceeds the intensity, if all count, in milliseconds. */
function spanOf(fault: Fault, policy: SupervisionPolicy, intensity: number): number {
  const unbounded = { ...policy, restart: { ...policy.restart, periodMs: null } };
  const moments = repeat(fault, unbounded, intensity + 1).exits.map(({ at }) => at);
  return Math.max(...moments) - Math.min(...moments);
}

function repeat(fault: Fault, policy: SupervisionPolicy, generations: number) {
  const random = () => 0.5;
  const { timeline, restarts } = simulate(policy, repeating(fault), { forMs: Infinity, generations, random });
  return { restarts, exits: timeline.flatMap((step) => (step.type === 'ended' ? [step.exit] : [])) };
}
