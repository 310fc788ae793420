import fc from 'fast-check';
import {
  dueStops,
  requestStop,
  requestStopAll,
  allPlugins,
  isAllStopped,
  stopsWithinMs,
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

const chain = { a: '', b: 'a', c: 'b', d: '' };
const leave = (ids: string) => ids.split('').map((id) => ({ id }));

describe('a plugin that is to leave', () => {
  const because = 'requirement.deactivated a';

  it.each<[string, PluginPlaces, stopQueue: string, expected: readonly object[]]>([
    ['leaves alone where nobody needs it', {}, '', [{ id: 'a' }]],
    [
      'takes all with it that require it',
      { b: 'healthy', c: 'restarting' },
      '',
      [{ id: 'a' }, { id: 'b', because }, { id: 'c', because }],
    ],
    ['leaves alone those that rest', { c: 'failed', d: 'healthy' }, '', [{ id: 'a' }, { id: 'c', because }]],
    [
      'takes those with it that are on their way down',
      { b: 'stopping' },
      '',
      [{ id: 'a' }, { id: 'b', because }],
    ],
    [
      'leaves once, for the newest reason',
      { b: 'healthy' },
      'bda',
      [{ id: 'd' }, { id: 'a' }, { id: 'b', because }],
    ],
  ])('%s', (_, at, stopQueue, expected) => {
    expect(requestStop(schedulerOf(chain, { stopQueue: leave(stopQueue) }), 'a', summariesOf(at))).toEqual(
      expected,
    );
  });

  it('is stopped with all others that are not idle when the environment stops', () => {
    const because = 'environment.stopping';
    expect(requestStopAll(['c', 'b', 'a'], summariesOf({ a: 'healthy', c: 'invalid' }))).toEqual([
      { id: 'c', because },
      { id: 'a', because },
    ]);
  });
});

describe('a due stop', () => {
  const pair = { a: '', b: '' };

  it.each<[string, stopQueue: string, PluginPlaces, after: Graph, expected: string]>([
    ['is given at once where nothing comes after it', 'a', { a: 'healthy', b: 'healthy' }, {}, 'a'],
    ['is given last things first', 'ab', { a: 'healthy', b: 'healthy' }, { b: 'a' }, 'b'],
    ['waits for what is on its way down', 'a', { a: 'healthy', b: 'stopping' }, { b: 'a' }, ''],
    ['waits for what nobody wants, and runs', 'a', { a: 'healthy', b: 'unwanted' }, { b: 'a' }, ''],
    ['comes when that is down', 'a', { a: 'healthy', b: 'idle' }, { b: 'a' }, 'a'],
    ['does not wait for what comes up again', 'a', { a: 'healthy', b: 'stoppingAndQueued' }, { b: 'a' }, 'a'],
    ['does not wait for what stays', 'a', { a: 'healthy', b: 'healthy' }, { b: 'a' }, 'a'],
    [
      'waits for what is turned by somebody else, and leaves, too',
      'ab',
      { a: 'healthy', b: 'stoppingAndQueued' },
      { b: 'a' },
      'b',
    ],
    [
      'is given at once to whoever comes down already',
      'ab',
      { a: 'stoppingAndQueued', b: 'healthy' },
      { b: 'a' },
      'ab',
    ],
    ['is given at once to whoever nobody wants', 'ab', { a: 'unwanted', b: 'healthy' }, { b: 'a' }, 'ab'],
    ['is given at once to whoever is down', 'ab', { a: 'restarting', b: 'healthy' }, { b: 'a' }, 'ab'],
    ['is given at once to whoever waits', 'ab', { a: 'suspended', b: 'queued' }, { b: 'a' }, 'ab'],
    ['is given to nobody where nobody leaves', '', { a: 'stopping', b: 'idle' }, {}, ''],
  ])('%s', (_, stopQueue, at, after, expected) => {
    const going = dueStops(schedulerOf(pair, { stopQueue: leave(stopQueue), after }), summariesOf(at));
    expect(going.map(({ id }) => id).join('')).toBe(expected);
  });

  it('is given also to those that cannot be started any more, with the reason', () => {
    const stopQueue = [{ id: 'a', because: 'environment.stopping' }];
    expect(dueStops(schedulerOf({ a: 'x' }, { stopQueue }), summariesOf({ a: 'healthy' }))).toEqual(
      stopQueue,
    );
  });

  it('waits for those that start after it and stop or are not wanted, and for no others', () => {
    const down: readonly Place[] = [
      'idle',
      'invalid',
      'queued',
      'awaitsA',
      'suspended',
      'queuedAndSuspended',
      'crashed',
      'restarting',
      'failed',
      'queuedAndFailed',
    ];
    fc.assert(
      fc.property(situations, fc.subarray([...names]), ({ graph, states }, some) => {
        const plugins = allPlugins(schedulerOf(graph).layout.plan);
        const stopQueue = leave(plugins.filter((id) => some.includes(id)).join(''));
        const scheduler = schedulerOf(graph, { stopQueue });
        const summaryOf = summariesOf(states);
        const runs = (id: string) => !down.includes(states[id] ?? 'idle');
        const goesDown = (id: string) => runs(id) && (some.includes(id) || !summaryOf(id).wanted);
        const isWaitedFor = (id: string, other: string) =>
          goesDown(other) && (scheduler.layout.after.get(other) ?? []).includes(id);
        const waits = (id: string) =>
          runs(id) &&
          summaryOf(id).wanted &&
          summaryOf(id).state !== 'stopping' &&
          plugins.some((other) => isWaitedFor(id, other));
        expect(dueStops(scheduler, summaryOf)).toEqual(stopQueue.filter(({ id }) => !waits(id)));
      }),
      { numRuns: 200 },
    );
  });
});

describe('an environment that stops', () => {
  it.each<[string, stopQueue: string, PluginPlaces, isQuiet: boolean]>([
    ['is quiet when all rest', '', {}, true],
    ['is not while somebody has still to leave', 'a', {}, false],
    ['is not while one comes down', '', { b: 'stopping' }, false],
    ['is not while one is given up and not let go of', '', { a: 'failed' }, false],
  ])('%s', (_, stopQueue, at, expected) => {
    expect(isAllStopped(schedulerOf(chain, { stopQueue: leave(stopQueue) }), summariesOf(at))).toBe(expected);
  });
});

describe('the longest stop', () => {
  const deadlines = {
    startMs: 1,
    drainMs: 20,
    hookMs: 300,
    shutdownMs: 4000,
    termMs: 50_000,
    killMs: 600_000,
  };

  it('takes the time of all stop steps', () => {
    expect(stopsWithinMs(deadlines)).toBe(654_320);
  });

  it('takes the start and the kill where a process is still being spawned', () => {
    expect(stopsWithinMs(deadlines, true)).toBe(600_001);
  });
});
