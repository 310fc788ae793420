import fc from 'fast-check';
import type { SupervisionOptions } from '../../src/model/index.js';
import { treeSpecs, supervision, type TreeSpec } from './tree-spec.js';

/** One command or fault. Numbers select among what exists, modulo its count. */
export type Operation =
  | { readonly do: 'activate' | 'restart'; readonly plugin: number }
  | { readonly do: 'deactivate' | 'check' | 'remove' | 'add'; readonly plugin: number }
  | { readonly do: 'reattach'; readonly plugin: number; readonly test: boolean; readonly proven: boolean }
  | { readonly do: 'set policy'; readonly plugin: number; readonly supervision: SupervisionOptions }
  | { readonly do: 'activate all' | 'stop' }
  /** All that runs says what it says when all goes well, so many times. */
  | { readonly do: 'respond well'; readonly times: number }
  | { readonly do: 'respond'; readonly which: number; readonly what: number }
  | { readonly do: 'exit'; readonly which: number; readonly how: number }
  | { readonly do: 'break'; readonly which: number }
  | { readonly do: 'pass'; readonly ms: number }
  /** Time passes up to the next timers. */
  | { readonly do: 'wait'; readonly timers: number }
  | { readonly do: 'stall'; readonly ms: number }
  | { readonly do: 'sleep' | 'keep busy' | 'answer calls' };

export interface Sequence {
  readonly treeSpec: TreeSpec;
  readonly operations: readonly Operation[];
  /** Whether plugins obey the final stop. */
  readonly stopsOnRequest: boolean;
  readonly random: number;
}

const plugin = fc.nat(5);
const which = fc.nat(40);
/** The first thing that an effect can say is what it says when all goes well. */
const response = fc.constantFrom(0, 0, 0, 1, 2, 3, 4);

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('activate', 'activate', 'restart'), plugin }) },
  { weight: 3, arbitrary: fc.constant({ do: 'activate all' as const }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constantFrom('deactivate', 'deactivate', 'check', 'remove', 'add'),
      plugin,
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('reattach'), plugin, test: fc.boolean(), proven: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('set policy'), plugin, supervision }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('respond well'), times: fc.integer({ min: 1, max: 9 }) }),
  },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('respond'), which, what: response }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('exit'), which, how: fc.nat(3) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('break'), which }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('pass'),
      ms: fc.constantFrom(0, 50, 1000, 15_000, 60_000, 660_000),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('wait'), timers: fc.integer({ min: 1, max: 6 }) }) },
  {
    weight: 1,
    arbitrary: fc.record({ do: fc.constant('stall'), ms: fc.constantFrom(1000, 20_000, 3_600_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constantFrom('sleep', 'keep busy', 'answer calls') }) },
  { weight: 1, arbitrary: fc.constant({ do: 'stop' as const }) },
);

/** Sequences of commands and faults over a tree of a few plugins. */
export const sequences: fc.Arbitrary<Sequence> = fc.record({
  treeSpec: treeSpecs,
  operations: fc.array(operation, { minLength: 1, maxLength: 40, size: 'max' }),
  stopsOnRequest: fc.boolean(),
  random: fc.constantFrom(0, 0.5, 0.999),
});
