import fc from 'fast-check';
import {
  announcementTtlMs,
  streamOpened,
  knock,
  maxEndedIds,
  noKnocks,
  serve,
  withdraw,
  type KnockAnswer,
  type KnockState,
  type KnockStep,
} from '../../../src/go-plugin/index.js';

type KnockTestStep =
  | { readonly deed: 'knock' | 'serve' | 'withdraw'; readonly id: number }
  | { readonly deed: 'arrive' }
  | { readonly deed: 'wait'; readonly ms: number };

const anyId = fc.integer({ min: 1, max: 3 });
const anyTestStep: fc.Arbitrary<KnockTestStep> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ deed: fc.constant('knock' as const), id: anyId }) },
  { weight: 3, arbitrary: fc.record({ deed: fc.constant('serve' as const), id: anyId }) },
  { weight: 2, arbitrary: fc.record({ deed: fc.constant('withdraw' as const), id: anyId }) },
  { weight: 3, arbitrary: fc.record({ deed: fc.constant('arrive' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ deed: fc.constant('wait' as const), ms: fc.constantFrom(1, 4999, 5000) }),
  },
);

/** One deed, as it was done: when, what it was answered with, and what was served after it. */
interface StepResult {
  readonly it: KnockTestStep;
  readonly at: number;
  readonly answer: KnockAnswer | null;
  /** Of an arrival: whom it went to. */
  readonly to: number | null;
  readonly served: ReadonlySet<number>;
  readonly state: KnockState;
}

/** Plays deeds, and keeps books of its own on what is served. */
function runSteps(deeds: readonly KnockTestStep[]): readonly StepResult[] {
  const done: StepResult[] = [];
  const served = new Set<number>();
  let state = noKnocks;
  let at = 0;
  for (const it of deeds) {
    let answer: KnockAnswer | null = null;
    let to: number | null = null;
    const take = (step: KnockStep): void => {
      ({ state, answer } = step);
    };
    if (it.deed === 'wait') at += it.ms;
    if (it.deed === 'knock') take(knock(state, it.id, at));
    if (it.deed === 'serve') {
      served.add(it.id);
      take(serve(state, it.id, at));
    }
    if (it.deed === 'withdraw') {
      served.delete(it.id);
      state = withdraw(state, it.id);
    }
    if (it.deed === 'arrive') ({ state, id: to } = streamOpened(state));
    done.push({ it, at, answer, to, served: new Set(served), state });
  }
  return done;
}

describe('knocks, whatever the order of what happens', () => {
  const holds = (property: (done: readonly StepResult[]) => void): void => {
    fc.assert(
      fc.property(fc.array(anyTestStep, { maxLength: 40 }), (deeds) => {
        property(runSteps(deeds));
      }),
      { numRuns: 2000 },
    );
  };
  const isKnock = ({ it }: StepResult): boolean => it.deed === 'knock';
  const letsIn = ({ answer }: StepResult): boolean => answer?.error === '';

  it('hand a stream to the id of the latest knock, if that was let in, is served still and got no stream yet', () => {
    holds((done) => {
      for (const [index, { it, to, served }] of done.entries()) {
        if (it.deed !== 'arrive') continue;
        const before = done.slice(0, index);
        const latest = before.findLast(isKnock);
        const letIn = before.findLastIndex(letsIn);
        const isFresh =
          letIn >= before.lastIndexOf(latest as StepResult) &&
          !before.slice(letIn + 1).some((later) => later.it.deed === 'arrive');
        const id = letIn < 0 || !isFresh ? null : (before[letIn]?.answer?.id ?? null);
        expect(to).toBe(id !== null && served.has(id) ? id : null);
      }
    });
  });

  it('let one stream in for each answer at most', () => {
    holds((done) => {
      let owed = 0;
      for (const each of done) {
        if (letsIn(each)) owed = 1;
        if (each.to === null) continue;
        expect(owed).toBe(1);
        owed = 0;
      }
    });
  });

  it('are answered once at most, and only for the id that they name', () => {
    holds((done) => {
      let open: number | null = null;
      for (const { it, answer } of done) {
        if (it.deed === 'knock') open = it.id;
        if (answer === null) continue;
        expect(answer.id).toBe(open);
        open = null;
      }
    });
  });

  it('are answered at once for what is served, and refused at once for what is served no longer', () => {
    holds((done) => {
      const ended = new Set<number>();
      for (const { it, answer, served } of done) {
        if (it.deed === 'withdraw') ended.add(it.id);
        if (it.deed === 'serve') ended.delete(it.id);
        if (it.deed !== 'knock') continue;
        if (served.has(it.id)) expect(answer).toEqual({ id: it.id, error: '' });
        else if (ended.has(it.id)) expect(answer?.error).toMatch(`nothing is served on id ${it.id} any more`);
        else expect(answer).toBeNull();
      }
    });
  });

  it('that come early are answered when their id is served, unless five seconds or another knock came between', () => {
    holds((done) => {
      for (const [index, { it, at, answer }] of done.entries()) {
        if (it.deed !== 'serve') continue;
        const before = done.slice(0, index);
        const begun = before.findLastIndex(isKnock);
        const latest = before[begun];
        const isOpen =
          latest?.it.deed === 'knock' &&
          latest.it.id === it.id &&
          before.slice(begun).every((since) => since.answer === null) &&
          !before.slice(begun).some((since) => since.it.deed === 'serve' && since.it.id === it.id);
        const isAwaited = isOpen && at - latest.at < announcementTtlMs;
        expect(answer).toEqual(isAwaited ? { id: it.id, error: '' } : null);
      }
    });
  });

  it('are never waited for and served at the same time', () => {
    holds((done) => {
      const waits = ({ state: { pendingKnock, ended } }: StepResult, id: number): boolean =>
        pendingKnock?.id === id || ended.includes(id);
      expect(done.filter(({ state, served }) => state.served.size !== served.size)).toEqual([]);
      expect(done.filter((each) => [...each.served].some((id) => waits(each, id)))).toEqual([]);
    });
  });
});

describe('what is remembered of knocks', () => {
  it('does not grow with knocks that nobody answers', () => {
    let state = noKnocks;
    for (let id = 1; id <= 10_000; id += 1) ({ state } = knock(state, id, 0));
    expect(state).toEqual({ ...noKnocks, pendingKnock: { id: 10_000, at: 0 } });
  });

  it('is the last ids that were served, and no more', () => {
    let state = noKnocks;
    for (let id = 1; id <= maxEndedIds + 10; id += 1) state = withdraw(serve(state, id, 0).state, id);
    expect(state.ended).toHaveLength(maxEndedIds);
    expect(state.served.size).toBe(0);
    expect(knock(state, maxEndedIds + 10, 0).answer?.error).toMatch(/any more/);
    // What was forgotten may be served later, for all we know.
    expect(knock(state, 1, 0).answer).toBeNull();
  });
});
