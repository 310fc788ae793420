import fc from 'fast-check';
import {
  requestStart,
  requestStartAll,
  type StartRequest,
  type StopRequest,
} from '../../../src/policy/index.js';
import { schedulerOf, situations, summariesOf, type Graph, type PluginPlaces } from './situations.js';

/** `start ab; wait c for startSlot.awaited; waiting abc; starting a; leaving d` */
function inShort({ start, wait, change }: StartRequest): string {
  const { startQueue, starting, stopQueue } = change;
  return [
    `start ${start.join('')}`,
    ...wait.map(({ id, because }) => `wait ${id} for ${because}`),
    `waiting ${startQueue.join('')}`,
    `starting ${starting.join('')}`,
    ...(stopQueue.length > 0 ? [`leaving ${stopQueue.map(({ id }) => id).join('')}`] : []),
  ].join('; ');
}

interface Case {
  readonly graph: Graph;
  readonly at?: PluginPlaces;
  readonly startQueue?: string;
  readonly starting?: string;
  readonly limit?: number;
  readonly stopQueue?: readonly StopRequest[];
}

const chain = { a: '', b: 'a', c: 'b' };

describe('a plugin that is wanted', () => {
  it.each<[string, plugin: string, Case, expected: string]>([
    ['starts', 'a', { graph: chain }, 'start a; waiting a; starting a'],
    [
      'starts after what it requires',
      'b',
      { graph: chain },
      'start a; wait b for requirement.awaited a; waiting ab; starting a',
    ],
    [
      'leaves alone what comes up by itself',
      'b',
      { graph: chain, at: { a: 'restarting' } },
      'start ; wait b for requirement.awaited a; waiting b; starting ',
    ],
    [
      'starts at once when all of it is up',
      'b',
      { graph: chain, at: { a: 'healthy' } },
      'start b; waiting b; starting b',
    ],
    [
      'tries again what has failed',
      'b',
      { graph: chain, at: { a: 'failed' } },
      'start a; wait b for requirement.awaited a; waiting ab; starting a',
    ],
    [
      'keeps up what was to leave',
      'b',
      {
        graph: chain,
        at: { a: 'healthy', b: 'healthy' },
        stopQueue: [{ id: 'a' }, { id: 'b' }, { id: 'c' }],
      },
      'start ab; waiting ab; starting ; leaving c',
    ],
    [
      'needs no turn when it is up',
      'a',
      { graph: chain, at: { a: 'healthy' } },
      'start a; waiting a; starting ',
    ],
    [
      'needs no turn when it is on its way',
      'a',
      { graph: chain, at: { a: 'handshaking' }, starting: 'a', limit: 1 },
      'start a; waiting a; starting a',
    ],
    [
      'takes back the turn of what is being made for nobody',
      'a',
      { graph: chain, at: { a: 'spawningUnwanted' }, starting: 'a', limit: 1 },
      'start a; waiting a; starting a',
    ],
    [
      'waits until it is down, when it comes down',
      'a',
      { graph: chain, at: { a: 'stopping' } },
      'start ; wait a for startSlot.awaited; waiting a; starting ',
    ],
    [
      'waits for its group',
      'a',
      { graph: chain, at: { a: 'suspended' } },
      'start ; wait a for startSlot.awaited; waiting a; starting ',
    ],
    [
      'waits when too many are on their way',
      'b',
      { graph: { a: '', b: '' }, at: { a: 'spawning' }, starting: 'a', limit: 1 },
      'start ; wait b for startSlot.awaited; waiting b; starting a',
    ],
    [
      'does not count who has come up meanwhile',
      'b',
      { graph: { a: '', b: '' }, at: { a: 'healthy' }, starting: 'a', limit: 1 },
      'start b; waiting b; starting b',
    ],
    [
      'waits, to be told at once what it lacks',
      'a',
      { graph: { a: 'x' } },
      'start ; wait a for startSlot.awaited; waiting a; starting ',
    ],
    [
      'waits once, whoever waits already',
      'a',
      { graph: { a: '', b: '' }, at: { a: 'queued', b: 'queued' }, startQueue: 'ba' },
      'start a; waiting ba; starting a',
    ],
    [
      'asks for nothing where nobody knows it',
      'z',
      { graph: chain, startQueue: 'b' },
      'start ; waiting b; starting ',
    ],
  ])('%s', (_, plugin, { graph, at = {}, ...rest }, expected) => {
    expect(inShort(requestStart(schedulerOf(graph, rest), plugin, summariesOf(at), false))).toBe(expected);
  });

  it.each<[string, PluginPlaces, limit: number, expected: string]>([
    ['comes down first', { a: 'healthy' }, 9, 'start ; wait a for startSlot.awaited; waiting a; starting '],
    [
      'comes down first, also on its way up',
      { a: 'handshaking' },
      9,
      'start ; wait a for startSlot.awaited; waiting a; starting ',
    ],
    ['starts at once when it is down', { a: 'restarting' }, 9, 'start a; waiting a; starting a'],
    ['leaves what requires it as it is', { a: 'failed', b: 'healthy' }, 9, 'start a; waiting a; starting a'],
  ])('again %s', (_, at, limit, expected) => {
    expect(inShort(requestStart(schedulerOf(chain, { limit }), 'a', summariesOf(at), true))).toBe(expected);
  });

  it('is stopped alone when it is restarted', () => {
    const at = summariesOf({ a: 'healthy', b: 'healthy' });
    const scheduler = schedulerOf(chain, { stopQueue: [{ id: 'a' }] });
    expect(inShort(requestStart(scheduler, 'b', at, true))).toBe(
      'start a; wait b for startSlot.awaited; waiting ab; starting ',
    );
  });
});

describe('all plugins that are wanted', () => {
  it.each<[string, Case, expected: string]>([
    [
      'start, the first first',
      { graph: chain },
      'start a; wait b for requirement.awaited a; wait c for requirement.awaited a; waiting abc; starting a',
    ],
    [
      'are those that do not come up by themselves',
      { graph: chain, at: { a: 'healthy', b: 'restarting' } },
      'start ; wait c for requirement.awaited b; waiting c; starting ',
    ],
    ['are those that can start', { graph: { a: '', b: 'x' } }, 'start a; waiting a; starting a'],
    [
      'stay though they were to leave',
      { graph: chain, at: { a: 'healthy', b: 'healthy', c: 'healthy' }, stopQueue: [{ id: 'b' }] },
      'start b; waiting b; starting ',
    ],
  ])('%s', (_, { graph, at = {}, ...rest }, expected) => {
    expect(inShort(requestStartAll(schedulerOf(graph, rest), summariesOf(at)))).toBe(expected);
  });

  it('get one command each, and a plugin without a process starts only with all that it requires', () => {
    fc.assert(
      fc.property(situations, fc.integer({ min: 1, max: 3 }), ({ graph, states }, limit) => {
        const scheduler = schedulerOf(graph, { limit });
        const summaryOf = summariesOf(states);
        const { start, wait, change } = requestStartAll(scheduler, summaryOf);
        const told = [...start, ...wait.map(({ id }) => id)];
        const { order, needs } = scheduler.layout.plan;
        const comesUp = (id: string) => summaryOf(id).wanted && summaryOf(id).state !== 'failed';
        expect(told.sort()).toEqual(order.filter((id) => !comesUp(id)).sort());
        expect(change.startQueue).toEqual(order.filter((id) => !comesUp(id)));
        expect(change.starting.length).toBeLessThanOrEqual(limit);
        for (const id of change.starting)
          expect(needs.get(id)?.filter((other) => summaryOf(other).state !== 'healthy')).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });
});
