import fc from 'fast-check';
import type { Strategy } from '../../src/model/index.js';
import {
  answerAmongOthers,
  ascent,
  descent,
  isForGood,
  joined,
  staysUp,
  type Aim,
  type ChildStanding,
  type GroupAnswer,
  type GroupQuestion,
  type Progress,
  type Sibling,
} from '../../src/policy/index.js';

const nowhere: ChildStanding = {
  runs: false,
  isSinking: false,
  isWanted: false,
  isHeld: false,
  isActive: false,
  progress: 'down',
};
const healthy = { ...nowhere, runs: true, isWanted: true, isActive: true, progress: 'up' } as const;

/** Where children may be, in the words of the tables. */
const places = {
  idle: nowhere,
  failed: { ...nowhere, isWanted: true },
  /** Not wanted any more, with a process left. */
  leaving: { ...nowhere, runs: true, isSinking: true, isActive: true },
  /** Not wanted any more, and its process has not heard of it. */
  unwanted: { ...nowhere, runs: true, isActive: true },
  healthy,
  restarting: { ...nowhere, isWanted: true, isActive: true, progress: 'rising' },
  sinking: { ...healthy, isSinking: true, isHeld: true, progress: 'waiting' },
  /** An operator restarts it. */
  turning: { ...healthy, isSinking: true, progress: 'rising' },
  held: { ...nowhere, isWanted: true, isHeld: true, isActive: true, progress: 'waiting' },
  /** The same, and it has failed: it is held all the same. */
  heldAndFailed: { ...nowhere, isWanted: true, isHeld: true, progress: 'waiting' },
} satisfies Record<string, ChildStanding>;
type Place = keyof typeof places;

/** Where a group may be. */
const groupPlaces = {
  group: healthy,
  emptyGroup: { ...nowhere, isWanted: true, progress: 'up' },
  sinkingGroup: { ...healthy, progress: 'rising' },
  /** Nothing runs in it, and it has not said so. */
  silentGroup: { ...nowhere, isWanted: true, progress: 'rising' },
  heldGroup: { ...nowhere, isWanted: true, isHeld: true, progress: 'waiting' },
} satisfies Record<string, ChildStanding>;
type GroupPlace = keyof typeof groupPlaces;

const isGroupPlace = (place: Place | GroupPlace): place is GroupPlace => place in groupPlaces;

type Told = readonly [id: string, place: Place | GroupPlace, after?: string];

function child(id: string, place: Place | GroupPlace, after: readonly string[]): Sibling {
  return isGroupPlace(place)
    ? { kind: 'supervisor', id, after, at: groupPlaces[place] }
    : { kind: 'plugin', id, after, at: places[place] };
}

const children = (...told: readonly Told[]) =>
  told.map(([id, place, after = '']) => child(id, place, after.split('')));

const idsOf = (some: readonly Sibling[]) => some.map(({ id }) => id).join('');

/** `ab c d`: a and b are told, c is held, and d is told later. */
function inShort(siblings: readonly Sibling[], pending: string): string {
  const next = descent(siblings, pending.split(''));
  const orders = [idsOf(next.tell), idsOf(next.hold), next.pending.join('')].map((ids) => ids || '-');
  return [...orders, ...(next.isOver ? ['over'] : [])].join(' ');
}

describe('a child that stays up', () => {
  it.each<[Place, boolean]>([
    ['healthy', true],
    ['turning', false],
    ['sinking', false],
    ['unwanted', false],
    ['restarting', false],
    ['idle', false],
  ])('is %s: %s', (place, expected) => {
    expect(staysUp(places[place])).toBe(expected);
  });
});

describe('children that come down together', () => {
  it.each<[string, readonly Told[], pending: string, expected: string]>([
    [
      'the last one first',
      [
        ['a', 'healthy'],
        ['b', 'healthy', 'a'],
      ],
      'ab',
      'b - a',
    ],
    [
      'those side by side at once',
      [
        ['a', 'healthy'],
        ['b', 'healthy'],
      ],
      'ab',
      'ab - -',
    ],
    [
      'nobody while the last one is on its way',
      [
        ['a', 'healthy'],
        ['b', 'sinking', 'a'],
      ],
      'a',
      '- - a',
    ],
    [
      'the first one when the last one is down',
      [
        ['a', 'healthy'],
        ['b', 'held', 'a'],
      ],
      'a',
      'a - -',
    ],
    [
      'nobody when all are down',
      [
        ['a', 'held'],
        ['b', 'held', 'a'],
      ],
      '',
      '- - - over',
    ],
    ['nobody when nobody is affected', [], '', '- - - over'],
    ['a group again that was replaced since it was told', [['g', 'emptyGroup']], '', 'g - -'],
    [
      'whoever is on its way at once',
      [
        ['a', 'turning'],
        ['b', 'healthy', 'a'],
      ],
      'ab',
      'ab - -',
    ],
    [
      'whoever waits to restart at once',
      [
        ['a', 'restarting'],
        ['b', 'healthy', 'a'],
      ],
      'ab',
      'ab - -',
    ],
    [
      'whoever has failed, as it would wait',
      [
        ['a', 'failed'],
        ['b', 'healthy', 'a'],
      ],
      'ab',
      'ab - -',
    ],
    [
      'nobody who rests',
      [
        ['a', 'idle'],
        ['b', 'healthy', 'a'],
      ],
      'ab',
      'b - -',
    ],
    [
      'nobody where all rest',
      [
        ['a', 'idle'],
        ['b', 'idle', 'a'],
      ],
      'ab',
      '- - - over',
    ],
    ['one that nobody wants, and that runs', [['a', 'unwanted']], 'a', 'a - -'],
    [
      'not the first one while the last one is unwanted, and runs',
      [
        ['a', 'healthy'],
        ['b', 'unwanted', 'a'],
      ],
      'a',
      '- - a',
    ],
    ['nobody while an unwanted one runs', [['a', 'leaving']], '', '- - -'],
    [
      'nobody when it has failed meanwhile',
      [
        ['a', 'failed'],
        ['b', 'heldAndFailed', 'a'],
      ],
      '',
      '- - - over',
    ],
    [
      'again whoever is wanted again',
      [
        ['a', 'healthy'],
        ['b', 'held', 'a'],
      ],
      '',
      '- a -',
    ],
    [
      'again at once who was wanted again and is down',
      [
        ['a', 'restarting'],
        ['b', 'sinking', 'a'],
      ],
      '',
      '- a -',
    ],
    [
      'again at once who was wanted again and is on its way',
      [
        ['a', 'turning'],
        ['b', 'sinking', 'a'],
      ],
      '',
      '- a -',
    ],
    [
      'nobody again before those after it are down',
      [
        ['a', 'healthy'],
        ['b', 'sinking', 'a'],
      ],
      '',
      '- - -',
    ],
    [
      'nobody before one that is to be told again',
      [
        ['a', 'healthy'],
        ['b', 'healthy', 'a'],
      ],
      'a',
      '- b a',
    ],
    [
      'a group like one plugin',
      [
        ['a', 'healthy'],
        ['b', 'group', 'a'],
      ],
      'ab',
      'b - a',
    ],
    [
      'a group in which nothing runs at once',
      [
        ['a', 'emptyGroup'],
        ['b', 'healthy', 'a'],
      ],
      'ab',
      'ab - -',
    ],
    [
      'nobody until a group has said that it is held',
      [
        ['a', 'healthy'],
        ['b', 'silentGroup', 'a'],
      ],
      'a',
      '- - a',
    ],
    [
      'no group again that is on its way',
      [
        ['a', 'sinkingGroup'],
        ['b', 'held', 'a'],
      ],
      '',
      '- - -',
    ],
    [
      'nobody when a group is held',
      [
        ['a', 'heldGroup'],
        ['b', 'held', 'a'],
      ],
      '',
      '- - - over',
    ],
  ])('tells %s', (_, told, pending, expected) => {
    expect(inShort(children(...told), pending)).toBe(expected);
  });

  it('tells nobody that runs before all that come after it are down, and loses nobody', () => {
    fc.assert(
      fc.property(families, ({ siblings, untold }) => {
        const { tell, hold, pending } = descent(siblings, untold);
        for (const { id, at } of [...tell, ...hold].filter((one) => one.at.runs && !one.at.isSinking))
          expect([id, at, siblings.filter((one) => one.at.runs && one.after.includes(id))]).toEqual([
            id,
            at,
            [],
          ]);
        const needsNoWord = siblings.filter(({ at }) => !at.runs && !at.isWanted).map(({ id }) => id);
        const heard = [...tell.map(({ id }) => id), ...pending];
        const isNew = ({ kind, id, at }: Sibling) =>
          kind === 'supervisor' && at.progress === 'up' && !untold.includes(id);
        const hears = untold.filter((id) => !needsNoWord.includes(id));
        expect(heard.sort()).toEqual([...hears, ...siblings.filter(isNew).map(({ id }) => id)].sort());
        for (const { id } of hold) expect(heard).not.toContain(id);
      }),
      { numRuns: 200 },
    );
  });

  it('are all down exactly when none runs, each waits or rests, and nobody is to be told', () => {
    const isAtRest = ({ kind, at }: Sibling) => at.isHeld || (kind === 'plugin' && !at.isActive);
    fc.assert(
      fc.property(families, ({ siblings, untold }) => {
        const { tell, hold, pending, isOver } = descent(siblings, untold);
        const isSilent = tell.length + hold.length + pending.length === 0;
        expect(isOver).toBe(isSilent && siblings.every((one) => !one.at.runs && isAtRest(one)));
      }),
      { numRuns: 200 },
    );
  });

  it('come down, wherever they begin', () => {
    fc.assert(
      fc.property(families, ({ siblings }) => {
        const waits = { plugin: places.held, supervisor: groupPlaces.heldGroup };
        let now: readonly Sibling[] = siblings;
        let untold: readonly string[] = siblings.map(({ id }) => id);
        for (let round = 0; round <= siblings.length; round += 1) {
          const { tell, hold, pending, isOver } = descent(now, untold);
          if (isOver) return;
          const told = new Set([...tell, ...hold].map(({ id }) => id));
          now = now.map((one) => (told.has(one.id) ? { ...one, at: waits[one.kind] } : one));
          untold = pending;
        }
        throw new Error(`They never come down: ${JSON.stringify(now)}`);
      }),
    );
  });
});

describe('children that come up together', () => {
  const steps = (...told: readonly (readonly [string, Progress, string?])[]) =>
    told.map(([id, progress, after = '']): Sibling => {
      return { kind: 'plugin', id, after: after.split(''), at: { ...nowhere, progress } };
    });

  it.each<[readonly (readonly [string, Progress, string?])[], limit: number, string, isOver: boolean]>([
    [
      [
        ['a', 'waiting'],
        ['b', 'waiting', 'a'],
      ],
      9,
      'a',
      false,
    ],
    [
      [
        ['a', 'rising'],
        ['b', 'waiting', 'a'],
      ],
      9,
      '',
      false,
    ],
    [
      [
        ['a', 'up'],
        ['b', 'waiting', 'a'],
      ],
      9,
      'b',
      false,
    ],
    [
      [
        ['a', 'down'],
        ['b', 'waiting', 'a'],
      ],
      9,
      'b',
      false,
    ],
    [
      [
        ['a', 'waiting'],
        ['b', 'waiting'],
      ],
      1,
      'a',
      false,
    ],
    [
      [
        ['a', 'rising'],
        ['b', 'waiting'],
      ],
      1,
      '',
      false,
    ],
    [
      [
        ['a', 'up'],
        ['b', 'rising'],
      ],
      9,
      '',
      false,
    ],
    [
      [
        ['a', 'up'],
        ['b', 'sinking'],
      ],
      9,
      '',
      false,
    ],
    [
      [
        ['a', 'up'],
        ['b', 'down'],
      ],
      9,
      '',
      true,
    ],
    [[], 9, '', true],
  ])('of %j, with a limit of %d, releases %j (over: %j)', (told, limit, released, isOver) => {
    const step = ascent(steps(...told), limit);
    expect([idsOf(step.release), step.isOver]).toEqual([released, isOver]);
  });

  it('never are too many on their way, nor one whose predecessor is still expected; and none waits for nothing', () => {
    fc.assert(
      fc.property(families, fc.nat(4), ({ siblings }, limit) => {
        const { release } = ascent(siblings, limit);
        const isExpected = ({ at }: Sibling) => ['waiting', 'rising', 'sinking'].includes(at.progress);
        const rising = siblings.filter(({ at }) => at.progress === 'rising').length;
        expect(release.length).toBeLessThanOrEqual(Math.max(0, limit - rising));
        const free = siblings
          .filter(({ at }) => at.progress === 'waiting')
          .filter(({ after }) => !siblings.some((one) => after.includes(one.id) && isExpected(one)));
        expect(release).toEqual(free.slice(0, release.length));
        expect(release.length === free.length || release.length + rising >= limit).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('one more that ends while children come down together', () => {
  it.each<[Strategy, affected: string, pending: string, fallen: string, all: string, untold: string]>([
    // Who was told already comes down anyway, but the one that has ended hears of it anew.
    ['rest-for-one', 'cd', 'c', 'd', 'cd', 'cd'],
    ['rest-for-one', 'cd', '', 'b', 'bcd', 'b'],
    ['rest-for-one', 'cd', 'c', 'a', 'abcd', 'abc'],
    ['one-for-all', 'abcd', 'ab', 'c', 'abcd', 'abc'],
    ['one-for-one', 'd', '', 'b', 'bd', 'b'],
    ['one-for-all', '', '', 'b', 'abcd', 'abcd'],
  ])('under %s, with %s on their way and %j untold: %s brings it to %s, untold %s', (strategy, ...rest) => {
    const [affected, pending, fallen, all, untold] = rest;
    const company = { affected: affected.split(''), pending: pending.split('') };
    expect(joined(strategy, ['a', 'b', 'c', 'd'], company, fallen)).toEqual({
      affected: all.split(''),
      pending: untold.split(''),
    });
  });

  type Verdict = GroupQuestion['verdict'];
  it.each<[Aim, Verdict, alone: GroupAnswer['answer'], expected: string]>([
    ['restart', 'rest', 'alone', 'alone'],
    ['restart', 'rest', 'shutDown', 'alone'],
    ['restart', 'restart', 'together', 'join'],
    // That the budget is used up ends no hope: it was counted when they began to come down.
    ['restart', 'restart', 'giveUp', 'join'],
    ['restart', 'giveUp', 'giveUp', 'giveUp'],
    ['restart', 'giveUp', 'alone', 'join'],
    ['hold', 'giveUp', 'giveUp', 'join'],
    ['hold', 'rest', 'alone', 'alone'],
    ['giveUp', 'giveUp', 'giveUp', 'join'],
    ['giveUp', 'restart', 'giveUp', 'join'],
    ['shutDown', 'giveUp', 'giveUp', 'alone'],
    ['shutDown', 'restart', 'together', 'join'],
    ['close', 'giveUp', 'giveUp', 'alone'],
    ['close', 'restart', 'together', 'join'],
  ])('where the aim is %s, its policy says %s, and it would mean %s: %s', (aim, verdict, alone, expected) => {
    expect(answerAmongOthers(aim, verdict, alone)).toBe(expected);
  });

  it('is let go only where all come down for good', () => {
    const aims: readonly Aim[] = ['restart', 'hold', 'giveUp', 'shutDown', 'close'];
    expect(aims.filter(isForGood)).toEqual(['shutDown', 'close']);
  });
});

/** Up to six children anywhere, each after some of those before it, and some of them not told yet. */
const families = fc
  .array(
    fc.record({
      place: fc.constantFrom(
        ...(Object.keys(places) as Place[]),
        ...(Object.keys(groupPlaces) as GroupPlace[]),
      ),
      after: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      isUntold: fc.boolean(),
    }),
    { maxLength: 6 },
  )
  .map((drawn) => {
    const ids = drawn.map((_, index) => String.fromCharCode(97 + index));
    const siblings = drawn.map(({ place, after }, index) =>
      child(
        ids[index] ?? '',
        place,
        ids.slice(0, index).filter((_, other) => after[other]),
      ),
    );
    return { siblings, untold: ids.filter((_, index) => drawn[index]?.isUntold) };
  });
