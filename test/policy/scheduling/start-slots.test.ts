import fc from 'fast-check';
import {
  requestStartAll,
  allPlugins,
  grantStartSlots,
  decideStarts,
  type SchedulerState,
  type StartDecisions,
} from '../../../src/policy/index.js';
import {
  schedulerOf,
  names,
  situations,
  summariesOf,
  type Graph,
  type Place,
  type PluginPlaces,
} from './situations.js';

/** `start a; wait b for startSlot.awaited; refuse c without d` */
function inShort({ start, wait, reject }: StartDecisions): string {
  return [
    ...start.map((id) => `start ${id}`),
    ...wait.map(({ id, because }) => `wait ${id} for ${because}`),
    ...reject.map(({ id, lacks }) => `refuse ${id} without ${lacks}`),
  ].join('; ');
}

describe('start slots', () => {
  it.each<[string, Graph, PluginPlaces, candidates: string, limit: number, expected: string]>([
    ['to all that require nothing', { a: '', b: '' }, {}, 'ab', 9, 'start a; start b'],
    ['to nobody where nobody asks', { a: '' }, {}, '', 9, ''],
    [
      'first to what is required',
      { a: '', b: 'a' },
      {},
      'ab',
      9,
      'start a; wait b for requirement.awaited a',
    ],
    ['to whoever has all that it requires', { a: '', b: 'a' }, { a: 'healthy' }, 'b', 9, 'start b'],
    [
      'to nobody before all of it is healthy',
      { a: '', b: '', c: 'ab' },
      { a: 'healthy', b: 'handshaking' },
      'c',
      9,
      'wait c for requirement.awaited b',
    ],
    [
      'to nobody while what it requires is to restart',
      { a: '', b: 'a' },
      { a: 'restarting' },
      'b',
      9,
      'wait b for requirement.awaited a',
    ],
    [
      'to no more than may start',
      { a: '', b: '', c: '' },
      {},
      'abc',
      2,
      'start a; start b; wait c for startSlot.awaited',
    ],
    [
      'to nobody while too many are on their way',
      { a: '', b: '' },
      { a: 'spawning' },
      'b',
      1,
      'wait b for startSlot.awaited',
    ],
    [
      'to nobody who waits for another one anyway, also where there is room',
      { a: '', b: 'a', c: '' },
      { a: 'spawning' },
      'bc',
      2,
      'start c; wait b for requirement.awaited a',
    ],
    [
      'anew to one that is on its way already',
      { a: '', b: '' },
      { a: 'spawningUnwanted' },
      'ab',
      1,
      'start a; wait b for startSlot.awaited',
    ],
    [
      'never to whoever requires one that was brought down',
      { a: '', b: 'a' },
      {},
      'b',
      9,
      'refuse b without a',
    ],
    [
      'to whoever has all that it requires, though nobody wants that any more',
      { a: '', b: 'a' },
      { a: 'unwanted' },
      'b',
      9,
      'start b',
    ],
    [
      'never to whoever requires one that is being stopped',
      { a: '', b: 'a' },
      { a: 'stopping' },
      'b',
      9,
      'refuse b without a',
    ],
    [
      'never to whoever requires one that has failed',
      { a: '', b: '', c: 'ab' },
      { a: 'restarting', b: 'failed' },
      'c',
      9,
      'refuse c without b',
    ],
    [
      'never to whoever requires one that is refused',
      { a: '', b: 'a', c: 'b' },
      {},
      'bc',
      9,
      'refuse b without a; refuse c without a',
    ],
    [
      'though it has failed before, to one with what requires it after it',
      { a: '', b: 'a' },
      { a: 'failed' },
      'ab',
      9,
      'start a; wait b for requirement.awaited a',
    ],
    ['never to whoever requires what was removed', { b: 'x' }, {}, 'b', 9, 'refuse b without x'],
    ['never in a circle', { a: 'b', b: 'a' }, {}, 'ab', 9, 'refuse a without b; refuse b without a'],
    ['never to one that requires itself', { a: 'a' }, {}, 'a', 9, 'refuse a without a'],
    [
      'never to whoever requires what cannot be started',
      { a: 'x', b: 'a' },
      { a: 'healthy' },
      'b',
      9,
      'refuse b without a',
    ],
  ])('are given %s', (_, graph, states, candidates, limit, expected) => {
    const rising = Object.keys(states).filter((id) => /spawning|spawningUnwanted/.test(states[id] ?? ''));
    const given = decideStarts(
      schedulerOf(graph, { limit }),
      candidates.split(''),
      rising,
      summariesOf(states),
    );
    expect(inShort(given)).toBe(expected);
  });

  it('are never more than may start, and never for one that lacks something; and all are answered', () => {
    fc.assert(
      fc.property(
        situations,
        fc.subarray([...names]),
        fc.integer({ min: 1, max: 4 }),
        (situation, some, limit) => {
          const { graph, states } = situation;
          const scheduler = schedulerOf(graph, { limit });
          const { plan } = scheduler.layout;
          const summaryOf = summariesOf(states);
          const candidates = allPlugins(plan).filter((id) => some.includes(id));
          const rising = allPlugins(plan).filter(
            (id) => !some.includes(id) && summaryOf(id).state === 'spawning',
          );
          const { start, wait, reject } = decideStarts(scheduler, candidates, rising, summaryOf);

          const answered = [...start, ...wait.map(({ id }) => id), ...reject.map(({ id }) => id)];
          expect(answered.sort()).toEqual([...candidates].sort());
          expect(start.length).toBeLessThanOrEqual(Math.max(0, limit - rising.length));
          for (const id of start)
            expect(plan.needs.get(id)?.filter((other) => summaryOf(other).state !== 'healthy')).toEqual([]);
          for (const { because } of wait.filter((one) => one.because === 'startSlot.awaited'))
            expect([because, start.length + rising.length >= limit]).toEqual([because, true]);
          for (const { id, because } of wait.filter((one) => one.because !== 'startSlot.awaited')) {
            const other = because.replace('requirement.awaited ', '');
            expect(plan.needs.get(id)).toContain(other);
            expect(summaryOf(other).state).not.toBe('healthy');
          }
          const isRefused = (id: string) => reject.some((one) => one.id === id);
          for (const { id, lacks } of reject)
            if (!plan.unmet.has(id)) {
              const at = summaryOf(lacks);
              expect(at.state === 'failed' || !at.wanted).toBe(true);
              expect(candidates.includes(lacks)).toBe(isRefused(lacks));
            }
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('the start scheduler', () => {
  interface Case {
    readonly graph: Graph;
    readonly at: PluginPlaces;
    readonly startQueue?: string;
    readonly starting?: string;
    readonly limit?: number;
  }

  const after = ({ graph, at, ...rest }: Case) => {
    const { startQueue, starting, ...told } = grantStartSlots(schedulerOf(graph, rest), summariesOf(at));
    return [inShort(told), startQueue.join(''), starting.join('')];
  };
  const two = { a: '', b: 'a' };

  it.each<[string, Case, told: string, startQueue: string, starting: string]>([
    [
      'lets start whose turn it is',
      { graph: two, at: { a: 'healthy', b: 'awaitsA' }, startQueue: 'b' },
      'start b',
      '',
      'b',
    ],
    [
      'gives turns in start order',
      { graph: { b: '', a: 'b' }, at: { a: 'queued', b: 'queued' }, startQueue: 'ab' },
      'start b; wait a for requirement.awaited b',
      'a',
      'b',
    ],
    [
      'tells why one waits, once',
      { graph: two, at: { a: 'spawning', b: 'awaitsA' }, startQueue: 'b', starting: 'a' },
      '',
      'b',
      'a',
    ],
    [
      'tells why one waits now',
      { graph: two, at: { a: 'spawning', b: 'queued' }, startQueue: 'b', starting: 'a' },
      'wait b for requirement.awaited a',
      'b',
      'a',
    ],
    [
      'makes room when one is up',
      {
        graph: { a: '', b: '' },
        at: { a: 'healthy', b: 'queued' },
        startQueue: 'b',
        starting: 'a',
        limit: 1,
      },
      'start b',
      '',
      'b',
    ],
    [
      'makes no room while one is on its way',
      {
        graph: { a: '', b: '' },
        at: { a: 'handshaking', b: 'queued' },
        startQueue: 'b',
        starting: 'a',
        limit: 1,
      },
      '',
      'b',
      'a',
    ],
    [
      'makes room when one has crashed on its way',
      {
        graph: { a: '', b: '' },
        at: { a: 'restarting', b: 'queued' },
        startQueue: 'b',
        starting: 'a',
        limit: 1,
      },
      'start b',
      '',
      'b',
    ],
    [
      'does not wait for those that start by themselves',
      { graph: { a: '', b: '' }, at: { a: 'spawning', b: 'queued' }, startQueue: 'b', limit: 1 },
      'start b',
      '',
      'b',
    ],
    [
      'forgets who does not wait any more',
      { graph: two, at: { a: 'healthy', b: 'idle' }, startQueue: 'ab' },
      '',
      '',
      '',
    ],
    [
      'keeps in mind whom its group keeps down',
      { graph: two, at: { a: 'queuedAndSuspended' }, startQueue: 'a' },
      '',
      'a',
      '',
    ],
    [
      'keeps in mind who has to come down first',
      { graph: two, at: { a: 'stoppingAndQueued' }, startQueue: 'a' },
      '',
      'a',
      '',
    ],
    ['refuses once', { graph: two, at: { b: 'awaitsA' }, startQueue: 'b' }, 'refuse b without a', '', ''],
    [
      'lets go on what is being made for nobody',
      { graph: two, at: { a: 'spawningUnwanted' }, startQueue: 'a', starting: 'a', limit: 1 },
      'start a',
      '',
      'a',
    ],
    [
      'tries again what has failed',
      { graph: two, at: { a: 'queuedAndFailed' }, startQueue: 'a' },
      'start a',
      '',
      'a',
    ],
    [
      'refuses what has come to lack something since',
      { graph: { a: 'x', b: 'a' }, at: { a: 'queued', b: 'awaitsA' }, startQueue: 'ba' },
      'refuse a without x; refuse b without a',
      '',
      '',
    ],
  ])('%s', (_, situation, ...expected) => {
    expect(after(situation)).toEqual(expected);
  });

  it.each<[Place, mayStart: boolean]>([
    ['queued', true],
    ['queuedAndFailed', true],
    ['queuedAndSuspended', false],
    ['spawningUnwanted', true],
    ['stoppingAndQueued', false],
  ])('gives a turn to one that waits and is %s: %j', (place, mayStart) => {
    expect(
      grantStartSlots(schedulerOf({ a: '' }, { startQueue: 'a' }), summariesOf({ a: place })).start,
    ).toEqual(mayStart ? ['a'] : []);
  });

  it('brings up all that can start, whatever they require, and no more at a time than may start', () => {
    fc.assert(
      fc.property(situations, fc.integer({ min: 1, max: 3 }), ({ graph }, limit) => {
        const begun = requestStartAll(schedulerOf(graph, { limit }), summariesOf({}));
        const { order } = schedulerOf(graph).layout.plan;
        const at: Record<string, Place> = {};
        let scheduler: SchedulerState = { ...schedulerOf(graph, { limit }), ...begun.change };
        let start = begun.start;
        for (const { id } of begun.wait) at[id] = 'queued';
        for (let round = 0; round < order.length; round += 1) {
          for (const id of start) at[id] = 'spawning';
          const rising = order.filter((id) => at[id] === 'spawning');
          expect(rising.length).toBeLessThanOrEqual(limit);
          if (rising[0] !== undefined) at[rising[0]] = 'healthy';
          const { start: next, startQueue, starting } = grantStartSlots(scheduler, summariesOf(at));
          scheduler = { ...scheduler, startQueue, starting };
          start = next;
        }
        expect(order.filter((id) => at[id] !== 'healthy')).toEqual([]);
        expect(scheduler.startQueue).toEqual([]);
      }),
    );
  });
});
