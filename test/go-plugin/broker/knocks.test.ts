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
  | { readonly type: 'knock' | 'serve' | 'withdraw'; readonly id: number }
  | { readonly type: 'open' }
  | { readonly type: 'wait'; readonly ms: number };

const anyId = fc.integer({ min: 1, max: 3 });
const anyTestStep: fc.Arbitrary<KnockTestStep> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ type: fc.constant('knock' as const), id: anyId }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('serve' as const), id: anyId }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('withdraw' as const), id: anyId }) },
  { weight: 3, arbitrary: fc.record({ type: fc.constant('open' as const) }) },
  {
    weight: 2,
    arbitrary: fc.record({ type: fc.constant('wait' as const), ms: fc.constantFrom(1, 4999, 5000) }),
  },
);

/** One type, as it was done: when, what it was answered with, and what was served after step. */
interface StepResult {
  readonly step: KnockTestStep;
  readonly at: number;
  readonly answer: KnockAnswer | null;
  /** The id of a stream that was opened. */
  readonly to: number | null;
  readonly served: ReadonlySet<number>;
  readonly state: KnockState;
}

/** Runs steps, and keeps a record of its own of what is served. */
function runSteps(steps: readonly KnockTestStep[]): readonly StepResult[] {
  const done: StepResult[] = [];
  const served = new Set<number>();
  let state = noKnocks;
  let at = 0;
  for (const step of steps) {
    let answer: KnockAnswer | null = null;
    let to: number | null = null;
    const take = (next: KnockStep): void => {
      ({ state, answer } = next);
    };
    if (step.type === 'wait') at += step.ms;
    if (step.type === 'knock') take(knock(state, step.id, at));
    if (step.type === 'serve') {
      served.add(step.id);
      take(serve(state, step.id, at));
    }
    if (step.type === 'withdraw') {
      served.delete(step.id);
      state = withdraw(state, step.id);
    }
    if (step.type === 'open') ({ state, id: to } = streamOpened(state));
    done.push({ step, at, answer, to, served: new Set(served), state });
  }
  return done;
}

describe('knocks, in any order of events', () => {
  const checkAll = (check: (done: readonly StepResult[]) => void): void => {
    fc.assert(
      fc.property(fc.array(anyTestStep, { maxLength: 40 }), (steps) => {
        check(runSteps(steps));
      }),
      { numRuns: 2000 },
    );
  };
  const isKnock = ({ step }: StepResult): boolean => step.type === 'knock';
  const acknowledges = ({ answer }: StepResult): boolean => answer?.error === '';

  it('assign a stream to the id of the latest knock, if that was acknowledged, is still served and has no stream yet', () => {
    checkAll((done) => {
      for (const [index, { step, to, served }] of done.entries()) {
        if (step.type !== 'open') continue;
        const before = done.slice(0, index);
        const latest = before.findLast(isKnock);
        const acknowledged = before.findLastIndex(acknowledges);
        const isFresh =
          acknowledged >= before.lastIndexOf(latest as StepResult) &&
          !before.slice(acknowledged + 1).some((later) => later.step.type === 'open');
        const id = acknowledged < 0 || !isFresh ? null : (before[acknowledged]?.answer?.id ?? null);
        expect(to).toBe(id !== null && served.has(id) ? id : null);
      }
    });
  });

  it('accept at most one stream for each answer', () => {
    checkAll((done) => {
      let open = 0;
      for (const each of done) {
        if (acknowledges(each)) open = 1;
        if (each.to === null) continue;
        expect(open).toBe(1);
        open = 0;
      }
    });
  });

  it('are answered at most once, and only for the id that they name', () => {
    checkAll((done) => {
      let open: number | null = null;
      for (const { step, answer } of done) {
        if (step.type === 'knock') open = step.id;
        if (answer === null) continue;
        expect(answer.id).toBe(open);
        open = null;
      }
    });
  });

  it('are acknowledged at once for an id that is served, and refused at once for one that is not served any more', () => {
    checkAll((done) => {
      const ended = new Set<number>();
      for (const { step, answer, served } of done) {
        if (step.type === 'withdraw') ended.add(step.id);
        if (step.type === 'serve') ended.delete(step.id);
        if (step.type !== 'knock') continue;
        if (served.has(step.id)) expect(answer).toEqual({ id: step.id, error: '' });
        else if (ended.has(step.id))
          expect(answer?.error).toMatch(`nothing is served on id ${step.id} any more`);
        else expect(answer).toBeNull();
      }
    });
  });

  it('that come early are answered when their id is served, unless five seconds or another knock come between', () => {
    checkAll((done) => {
      for (const [index, { step, at, answer }] of done.entries()) {
        if (step.type !== 'serve') continue;
        const before = done.slice(0, index);
        const begun = before.findLastIndex(isKnock);
        const latest = before[begun];
        const isOpen =
          latest?.step.type === 'knock' &&
          latest.step.id === step.id &&
          before.slice(begun).every((since) => since.answer === null) &&
          !before.slice(begun).some((since) => since.step.type === 'serve' && since.step.id === step.id);
        const isAwaited = isOpen && at - latest.at < announcementTtlMs;
        expect(answer).toEqual(isAwaited ? { id: step.id, error: '' } : null);
      }
    });
  });

  it('are never pending for an id that is served', () => {
    checkAll((done) => {
      const isPending = ({ state: { pendingKnock, ended } }: StepResult, id: number): boolean =>
        pendingKnock?.id === id || ended.includes(id);
      expect(done.filter(({ state, served }) => state.served.size !== served.size)).toEqual([]);
      expect(done.filter((each) => [...each.served].some((id) => isPending(each, id)))).toEqual([]);
    });
  });
});

describe('the memory of knocks', () => {
  it('does not grow with knocks that are never answered', () => {
    let state = noKnocks;
    for (let id = 1; id <= 10_000; id += 1) ({ state } = knock(state, id, 0));
    expect(state).toEqual({ ...noKnocks, pendingKnock: { id: 10_000, at: 0 } });
  });

  it('is limited to the last ids that were served', () => {
    let state = noKnocks;
    for (let id = 1; id <= maxEndedIds + 10; id += 1) state = withdraw(serve(state, id, 0).state, id);
    expect(state.ended).toHaveLength(maxEndedIds);
    expect(state.served.size).toBe(0);
    expect(knock(state, maxEndedIds + 10, 0).answer?.error).toMatch(/any more/);
    // An id that was forgotten may be served later.
    expect(knock(state, 1, 0).answer).toBeNull();
  });
});
