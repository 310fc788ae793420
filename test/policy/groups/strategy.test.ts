import type { AutoShutdown, Strategy } from '../../../src/model/index.js';
import {
  affectedBy,
  decideForGroup,
  isExhausted,
  resumeClock,
  readClock,
  restartsLeft,
  shutsDown,
  pauseClock,
  withRestart,
  type GroupQuestion,
} from '../../../src/policy/index.js';

const children = ['a', 'b', 'c'].map((id) => ({ id, significant: false, isActive: true }));

describe('a group', () => {
  it.each<[Strategy, GroupQuestion['decision'], boolean, object]>([
    ['one-for-one', 'restart', false, { action: 'childOnly' }],
    ['one-for-all', 'restart', false, { action: 'restartGroup', affected: ['a', 'b', 'c'] }],
    ['rest-for-one', 'restart', false, { action: 'restartGroup', affected: ['b', 'c'] }],
    ['one-for-one', 'restart', true, { action: 'giveUp', why: 'exhausted' }],
    ['one-for-all', 'restart', true, { action: 'giveUp', why: 'exhausted' }],
    ['rest-for-one', 'restart', true, { action: 'giveUp', why: 'exhausted' }],
    ['one-for-one', 'giveUp', false, { action: 'childOnly' }],
    ['one-for-all', 'giveUp', false, { action: 'giveUp', why: 'childGaveUp' }],
    ['rest-for-one', 'giveUp', false, { action: 'giveUp', why: 'childGaveUp' }],
    ['one-for-one', 'giveUp', true, { action: 'childOnly' }],
    ['one-for-one', 'stop', true, { action: 'childOnly' }],
    ['one-for-all', 'stop', true, { action: 'childOnly' }],
    ['rest-for-one', 'stop', false, { action: 'childOnly' }],
  ])(
    'under %s, with a child whose policy says %s (budget used up: %j), answers %j',
    (strategy, verdict, exhausted, answer) => {
      const question = {
        strategy,
        autoShutdown: 'never',
        children,
        exited: 'b',
        decision: verdict,
        exhausted,
      } as const;
      expect(decideForGroup(question)).toEqual(answer);
    },
  );
});

describe('a child that is restarted', () => {
  it.each<[Strategy, readonly string[]]>([
    ['one-for-one', ['b']],
    ['one-for-all', ['a', 'b', 'c']],
    ['rest-for-one', ['b', 'c']],
  ])('affects under %s: %j', (strategy, affected) => {
    expect(affectedBy(strategy, ['a', 'b', 'c'], 'b')).toEqual(affected);
  });
});

describe('auto-shutdown', () => {
  it('is the answer to the end of the last one that is significant', () => {
    const last = [{ id: 'a', significant: true, isActive: false }];
    const question = { strategy: 'one-for-one', children: last, exited: 'a', exhausted: false } as const;
    expect(decideForGroup({ ...question, autoShutdown: 'all-significant', decision: 'stop' })).toEqual({
      action: 'shutDown',
    });
  });

  const [significant, done, plain] = [
    { id: 's', significant: true, isActive: true },
    { id: 'd', significant: true, isActive: false },
    { id: 'p', significant: false, isActive: true },
  ];
  const other = { ...significant, id: 'o' };

  it.each<[AutoShutdown, string, (typeof significant)[], boolean]>([
    ['never', 's', [significant], false],
    ['any-significant', 's', [significant, other, plain], true],
    ['any-significant', 'p', [significant, plain], false],
    ['all-significant', 's', [significant, other], false],
    ['all-significant', 's', [significant, done, plain], true],
    ['all-significant', 'p', [done, plain], false],
  ])('%s, when %s ends among %j: %j', (autoShutdown, ended, among, expected) => {
    expect(shutsDown(autoShutdown, among, ended)).toBe(expected);
  });
});

describe('the budget of a group', () => {
  const budget = { intensity: 2, periodMs: 100 };

  it('allows as many restarts within its period as it says, the edge included', () => {
    const restarts = withRestart(withRestart([], 0, budget), 100, budget);
    expect(restarts).toEqual([0, 100]);
    expect([isExhausted(restarts, 100, budget), isExhausted(restarts, 101, budget)]).toEqual([true, false]);
    expect([restartsLeft(restarts, 100, budget), restartsLeft(restarts, 201, budget)]).toEqual([0, 2]);
  });

  it('allows none where it is 0, and any number where there is none', () => {
    expect(isExhausted([], 0, { ...budget, intensity: 0 })).toBe(true);
    const none = { ...budget, intensity: null };
    expect([isExhausted([0, 0, 0], 0, none), restartsLeft([0], 0, none), withRestart([0], 0, none)]).toEqual([
      false,
      null,
      [],
    ]);
  });

  it('is measured in a time that stands still while children come down and up', () => {
    const busy = pauseClock({ pausedMs: 0, pausedAt: null }, 50);
    expect([readClock(busy, 50), readClock(busy, 500)]).toEqual([50, 50]);
    expect(pauseClock(busy, 400)).toEqual(busy);
    const free = resumeClock(busy, 500);
    expect([readClock(free, 500), readClock(free, 510)]).toEqual([50, 60]);
    expect(resumeClock(free, 600)).toEqual(free);
  });
});
