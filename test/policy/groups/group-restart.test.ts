import fc from 'fast-check';
import type { Strategy } from '../../../src/model/index.js';
import {
  nextStarts,
  nextStops,
  withExited,
  staysRunning,
  type ChildSummary,
  type Progress,
  type Sibling,
} from '../../../src/policy/index.js';

const nowhere: ChildSummary = {
  isRunning: false,
  isStopping: false,
  isWanted: false,
  isSuspended: false,
  isActive: false,
  progress: 'stopped',
};
const healthy = { ...nowhere, isRunning: true, isWanted: true, isActive: true, progress: 'running' } as const;

/** The states of children, by the names in the tables. */
const places = {
  idle: nowhere,
  failed: { ...nowhere, isWanted: true },
  /** Not wanted any more, with a process left. */
  leaving: { ...nowhere, isRunning: true, isStopping: true, isActive: true },
  /** Not wanted any more, with a process that was not stopped yet. */
  unwanted: { ...nowhere, isRunning: true, isActive: true },
  healthy,
  restarting: { ...nowhere, isWanted: true, isActive: true, progress: 'starting' },
  stopping: { ...healthy, isStopping: true, isSuspended: true, progress: 'pending' },
  /** An operator restarts it. */
  turning: { ...healthy, isStopping: true, progress: 'starting' },
  suspended: { ...nowhere, isWanted: true, isSuspended: true, isActive: true, progress: 'pending' },
  /** The same, and it has failed: it is suspended, too. */
  suspendedAndFailed: { ...nowhere, isWanted: true, isSuspended: true, progress: 'pending' },
} satisfies Record<string, ChildSummary>;
type Place = keyof typeof places;

/** Where a group may be. */
const groupPlaces = {
  group: healthy,
  emptyGroup: { ...nowhere, isWanted: true, progress: 'running' },
  stoppingGroup: { ...healthy, progress: 'starting' },
  /** Nothing runs in it, and it has not said so. */
  silentGroup: { ...nowhere, isWanted: true, progress: 'starting' },
  suspendedGroup: { ...nowhere, isWanted: true, isSuspended: true, progress: 'pending' },
} satisfies Record<string, ChildSummary>;
type GroupPlace = keyof typeof groupPlaces;

const isGroupPlace = (place: Place | GroupPlace): place is GroupPlace => place in groupPlaces;

type Told = readonly [id: string, place: Place | GroupPlace, after?: string];

function child(id: string, place: Place | GroupPlace, after: readonly string[]): Sibling {
  return isGroupPlace(place)
    ? { kind: 'supervisor', id, after, summary: groupPlaces[place] }
    : { kind: 'plugin', id, after, summary: places[place] };
}

const children = (...told: readonly Told[]) =>
  told.map(([id, place, after = '']) => child(id, place, after.split('')));

const idsOf = (some: readonly Sibling[]) => some.map(({ id }) => id).join('');

/** `ab c d`: a and b are stopped now, c is suspended, and d is stopped later. */
function inShort(siblings: readonly Sibling[], pending: string): string {
  const next = nextStops(siblings, pending.split(''));
  const orders = [idsOf(next.stop), idsOf(next.suspend), next.toStop.join('')].map((ids) => ids || '-');
  return [...orders, ...(next.isDone ? ['over'] : [])].join(' ');
}

describe('a child that stays up', () => {
  it.each<[Place, boolean]>([
    ['healthy', true],
    ['turning', false],
    ['stopping', false],
    ['unwanted', false],
    ['restarting', false],
    ['idle', false],
  ])('is %s: %s', (place, expected) => {
    expect(staysRunning(places[place])).toBe(expected);
  });
});

describe('a group stop', () => {
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
        ['b', 'stopping', 'a'],
      ],
      'a',
      '- - a',
    ],
    [
      'the first one when the last one is down',
      [
        ['a', 'healthy'],
        ['b', 'suspended', 'a'],
      ],
      'a',
      'a - -',
    ],
    [
      'nobody when all are down',
      [
        ['a', 'suspended'],
        ['b', 'suspended', 'a'],
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
        ['b', 'suspendedAndFailed', 'a'],
      ],
      '',
      '- - - over',
    ],
    [
      'again whoever is wanted again',
      [
        ['a', 'healthy'],
        ['b', 'suspended', 'a'],
      ],
      '',
      '- a -',
    ],
    [
      'again at once who was wanted again and is down',
      [
        ['a', 'restarting'],
        ['b', 'stopping', 'a'],
      ],
      '',
      '- a -',
    ],
    [
      'again at once who was wanted again and is on its way',
      [
        ['a', 'turning'],
        ['b', 'stopping', 'a'],
      ],
      '',
      '- a -',
    ],
    [
      'nobody again before those after it are down',
      [
        ['a', 'healthy'],
        ['b', 'stopping', 'a'],
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
        ['a', 'stoppingGroup'],
        ['b', 'suspended', 'a'],
      ],
      '',
      '- - -',
    ],
    [
      'nobody when a group is held',
      [
        ['a', 'suspendedGroup'],
        ['b', 'suspended', 'a'],
      ],
      '',
      '- - - over',
    ],
  ])('%s', (_, states, pending, expected) => {
    expect(inShort(children(...states), pending)).toBe(expected);
  });

  it('stops no running child before all that start after it have stopped, and forgets none', () => {
    fc.assert(
      fc.property(families, ({ siblings, pending }) => {
        const { stop, suspend, toStop } = nextStops(siblings, pending);
        for (const { id, summary } of [...stop, ...suspend].filter(
          (one) => one.summary.isRunning && !one.summary.isStopping,
        ))
          expect([
            id,
            summary,
            siblings.filter((one) => one.summary.isRunning && [...one.after].includes(id)),
          ]).toEqual([id, summary, []]);
        const needsNoCommand = siblings
          .filter(({ summary }) => !summary.isRunning && !summary.isWanted)
          .map(({ id }) => id);
        const commanded = [...stop.map(({ id }) => id), ...toStop];
        const isNew = ({ kind, id, summary }: Sibling) =>
          kind === 'supervisor' && summary.progress === 'running' && !pending.includes(id);
        const expected = pending.filter((id) => !needsNoCommand.includes(id));
        expect(commanded.sort()).toEqual([...expected, ...siblings.filter(isNew).map(({ id }) => id)].sort());
        for (const { id } of suspend) expect(commanded).not.toContain(id);
      }),
      { numRuns: 200 },
    );
  });

  it('is done exactly when no child runs, each is pending or stopped, and no command is due', () => {
    const isStopped = ({ kind, summary }: Sibling) =>
      summary.isSuspended || (kind === 'plugin' && !summary.isActive);
    fc.assert(
      fc.property(families, ({ siblings, pending }) => {
        const { stop, suspend, toStop, isDone } = nextStops(siblings, pending);
        const hasNoCommand = stop.length + suspend.length + toStop.length === 0;
        expect(isDone).toBe(
          hasNoCommand && siblings.every((one) => !one.summary.isRunning && isStopped(one)),
        );
      }),
      { numRuns: 200 },
    );
  });

  it('ends, whatever the states of the children', () => {
    fc.assert(
      fc.property(families, ({ siblings }) => {
        const waits = { plugin: places.suspended, supervisor: groupPlaces.suspendedGroup };
        let now: readonly Sibling[] = siblings;
        let pending: readonly string[] = siblings.map(({ id }) => id);
        for (let round = 0; round <= siblings.length; round += 1) {
          const { stop, suspend, toStop, isDone } = nextStops(now, pending);
          if (isDone) return;
          const commanded = new Set([...stop, ...suspend].map(({ id }) => id));
          now = now.map((one) => (commanded.has(one.id) ? { ...one, summary: waits[one.kind] } : one));
          pending = toStop;
        }
        throw new Error(`The group stop never ends: ${JSON.stringify(now)}`);
      }),
    );
  });
});

describe('a group start', () => {
  const steps = (...told: readonly (readonly [string, Progress, string?])[]) =>
    told.map(([id, progress, after = '']): Sibling => {
      return { kind: 'plugin', id, after: after.split(''), summary: { ...nowhere, progress } };
    });

  it.each<[readonly (readonly [string, Progress, string?])[], limit: number, string, isOver: boolean]>([
    [
      [
        ['a', 'pending'],
        ['b', 'pending', 'a'],
      ],
      9,
      'a',
      false,
    ],
    [
      [
        ['a', 'starting'],
        ['b', 'pending', 'a'],
      ],
      9,
      '',
      false,
    ],
    [
      [
        ['a', 'running'],
        ['b', 'pending', 'a'],
      ],
      9,
      'b',
      false,
    ],
    [
      [
        ['a', 'stopped'],
        ['b', 'pending', 'a'],
      ],
      9,
      'b',
      false,
    ],
    [
      [
        ['a', 'pending'],
        ['b', 'pending'],
      ],
      1,
      'a',
      false,
    ],
    [
      [
        ['a', 'starting'],
        ['b', 'pending'],
      ],
      1,
      '',
      false,
    ],
    [
      [
        ['a', 'running'],
        ['b', 'starting'],
      ],
      9,
      '',
      false,
    ],
    [
      [
        ['a', 'running'],
        ['b', 'stopping'],
      ],
      9,
      '',
      false,
    ],
    [
      [
        ['a', 'running'],
        ['b', 'stopped'],
      ],
      9,
      '',
      true,
    ],
    [[], 9, '', true],
  ])('of %j, with a limit of %d, releases %j (over: %j)', (told, limit, released, isOver) => {
    const step = nextStarts(steps(...told), limit);
    expect([idsOf(step.resume), step.isDone]).toEqual([released, isOver]);
  });

  it('never starts too many children, nor one whose predecessor is still expected, and always makes progress', () => {
    fc.assert(
      fc.property(families, fc.nat(4), ({ siblings }, limit) => {
        const { resume } = nextStarts(siblings, limit);
        const isExpected = ({ summary }: Sibling) =>
          ['pending', 'starting', 'stopping'].includes(summary.progress);
        const rising = siblings.filter(({ summary }) => summary.progress === 'starting').length;
        expect(resume.length).toBeLessThanOrEqual(Math.max(0, limit - rising));
        const free = siblings
          .filter(({ summary }) => summary.progress === 'pending')
          .filter(({ after }) => !siblings.some((one) => [...after].includes(one.id) && isExpected(one)));
        expect(resume).toEqual(free.slice(0, resume.length));
        expect(resume.length === free.length || resume.length + rising >= limit).toBe(true);
      }),
      { numRuns: 200 },
    );
  });
});

describe('one more exit during a group stop', () => {
  it.each<[Strategy, affected: string, pending: string, exited: string, all: string, toStop: string]>([
    // A child gets one stop command, but the one that has ended gets another one.
    ['rest-for-one', 'cd', 'c', 'd', 'cd', 'cd'],
    ['rest-for-one', 'cd', '', 'b', 'bcd', 'b'],
    ['rest-for-one', 'cd', 'c', 'a', 'abcd', 'abc'],
    ['one-for-all', 'abcd', 'ab', 'c', 'abcd', 'abc'],
    ['one-for-one', 'd', '', 'b', 'bd', 'b'],
    ['one-for-all', '', '', 'b', 'abcd', 'abcd'],
  ])(
    'under %s, with %s affected and %j to stop: the exit of %s affects %s, with %s to stop',
    (strategy, ...rest) => {
      const [affected, pending, exited, all, toStop] = rest;
      const current = { affected: affected.split(''), toStop: pending.split('') };
      expect(withExited(strategy, ['a', 'b', 'c', 'd'], current, exited)).toEqual({
        affected: all.split(''),
        toStop: toStop.split(''),
      });
    },
  );
});

/** Up to six children in any state, each after some of those before it, and some of them without a stop command. */
const families = fc
  .array(
    fc.record({
      place: fc.constantFrom(
        ...(Object.keys(places) as Place[]),
        ...(Object.keys(groupPlaces) as GroupPlace[]),
      ),
      after: fc.array(fc.boolean(), { minLength: 6, maxLength: 6 }),
      isToStop: fc.boolean(),
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
    return { siblings, pending: ids.filter((_, index) => drawn[index]?.isToStop) };
  });
