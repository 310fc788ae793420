import type { AutoShutdown, Strategy } from '../../../src/model/index.js';
import {
  affectedBy,
  decideForGroup,
  isForGood,
  shutsDown,
  type AfterGroupStop,
  type GroupDecision,
  type GroupQuestion,
} from '../../../src/policy/index.js';

const children = ['a', 'b', 'c'].map((id) => ({ id, significant: false, isActive: true }));

describe('a group', () => {
  it.each<[Strategy, GroupQuestion['decision'], boolean, object]>([
    ['one-for-one', 'restart', false, { action: 'childOnly' }],
    ['one-for-all', 'restart', false, { action: 'restartGroup' }],
    ['rest-for-one', 'restart', false, { action: 'restartGroup' }],
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
    'under %s, with a child whose policy says %s (intensity exceeded: %j), answers %j',
    (strategy, decision, exhausted, answer) => {
      const question = {
        strategy,
        autoShutdown: 'never',
        children,
        exited: 'b',
        decision,
        exhausted,
        next: null,
      } as const;
      expect(decideForGroup(question)).toEqual(answer);
    },
  );
});

describe('a group that is being stopped', () => {
  type Decision = GroupQuestion['decision'];
  it.each<[AfterGroupStop, Strategy, Decision, exhausted: boolean, GroupDecision['action']]>([
    ['restart', 'one-for-all', 'stop', false, 'childOnly'],
    ['restart', 'one-for-one', 'restart', false, 'extendGroupStop'],
    ['restart', 'one-for-all', 'restart', false, 'extendGroupStop'],
    // The group restart was counted when the group stop began.
    ['restart', 'one-for-all', 'restart', true, 'extendGroupStop'],
    ['restart', 'one-for-all', 'giveUp', false, 'giveUp'],
    ['restart', 'rest-for-one', 'giveUp', false, 'giveUp'],
    ['restart', 'one-for-one', 'giveUp', false, 'childOnly'],
    ['suspend', 'one-for-all', 'giveUp', false, 'extendGroupStop'],
    ['suspend', 'one-for-all', 'stop', false, 'childOnly'],
    ['giveUp', 'one-for-all', 'giveUp', false, 'extendGroupStop'],
    ['giveUp', 'one-for-all', 'restart', true, 'extendGroupStop'],
    ['shutDown', 'one-for-all', 'giveUp', false, 'childOnly'],
    ['shutDown', 'one-for-all', 'restart', false, 'extendGroupStop'],
    ['deactivate', 'one-for-all', 'giveUp', false, 'childOnly'],
    ['deactivate', 'one-for-all', 'restart', false, 'extendGroupStop'],
  ])(
    'for %s, under %s, when a child ends whose policy decides %s (intensity exceeded: %j): %s',
    (next, strategy, decision, exhausted, action) => {
      const question = {
        strategy,
        autoShutdown: 'never',
        children,
        exited: 'b',
        decision,
        exhausted,
      } as const;
      expect(decideForGroup({ ...question, next })).toEqual(
        action === 'giveUp' ? { action, why: 'childGaveUp' } : { action },
      );
    },
  );

  it('does not shut down once more when a significant child ends', () => {
    const significant = children.map((child) => ({ ...child, significant: true }));
    const question = {
      strategy: 'one-for-all',
      children: significant,
      exited: 'b',
      exhausted: false,
    } as const;
    expect(
      decideForGroup({ ...question, autoShutdown: 'any-significant', decision: 'stop', next: 'restart' }),
    ).toEqual({ action: 'childOnly' });
  });

  it('stays stopped only after a shutdown or a deactivation', () => {
    const all: readonly AfterGroupStop[] = ['restart', 'suspend', 'giveUp', 'shutDown', 'deactivate'];
    expect(all.filter(isForGood)).toEqual(['shutDown', 'deactivate']);
  });
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
    const question = {
      strategy: 'one-for-one',
      children: last,
      exited: 'a',
      exhausted: false,
      next: null,
    } as const;
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
