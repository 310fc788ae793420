import type { Fault, SupervisionPolicy } from '../../model/index.js';
import { repeating } from './fault-traces.js';
import { simulate } from './simulate.js';

/** Something in a policy that is hardly what its author wants. */
export interface PolicyWarning {
  /** What a plugin does that the policy does not stand. */
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
    remedy: 'shorten the pauses',
  },
  {
    when: 'never finishes its start',
    fault: { startMs: null },
    remedy: 'lower deadlines.startMs',
  },
  {
    when: 'hangs at once',
    fault: { afterHealthyMs: 0, kind: 'hang' },
    remedy: 'ask for its health more often, and lower deadlines.termMs',
  },
];

/** Beyond this a budget is meant to be endless. */
const largestIntensity = 1000;
/** A probe that is due after days stands for none. */
const longestInterval = 24 * 60 * 60_000;

/**
 * Where a budget is never used up, though it is there to be: failures that lie farther apart than `periodMs` has room
 * for, as their finding, their end and the pauses take so long, are forgotten one by one, and the plugin is restarted
 * for ever. Pauses under full jitter are taken at their mean.
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
  // If it is not given up by its first failures, it never is: the pauses only grow until some are forgotten.
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

/** From the first failure to the one that is too many, if none is forgotten. */
function spanOf(fault: Fault, policy: SupervisionPolicy, intensity: number): number {
  const remembering = { ...policy, restart: { ...policy.restart, periodMs: null } };
  const moments = repeat(fault, remembering, intensity + 1).exits.map(({ at }) => at);
  return Math.max(...moments) - Math.min(...moments);
}

function repeat(fault: Fault, policy: SupervisionPolicy, generations: number) {
  const random = () => 0.5;
  const { timeline, restarts } = simulate(policy, repeating(fault), { forMs: Infinity, generations, random });
  return { restarts, exits: timeline.flatMap((step) => (step.type === 'ended' ? [step.exit] : [])) };
}
