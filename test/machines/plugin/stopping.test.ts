import { presets, stopsWithinMs } from '../../../src/policy/index.js';
import { PluginError } from '../../../src/model/index.js';
import {
  emitExit,
  emitSpawnFailure,
  simulatedProcessHandle,
  completeStart,
  type EffectSimulator,
} from '../../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin, type SimulatedTree } from '../../support/simulated-tree.js';

const { deadlines } = presets.espalier;

/** How a story comes to each place in a plugin's life, and what a deactivation there leads to first. */
const places: readonly (readonly [string, (story: SimulatedTree) => void, unknown])[] = [
  ['idle', () => undefined, 'idle'],
  ['spawning', spawn, { live: 'spawning' }],
  ['reading its line', upTo('handshake'), { live: { stopping: 'terminating' } }],
  ['dialling', upTo('dial'), { live: { stopping: 'terminating' } }],
  ['waiting to dial again', redialling, { live: { stopping: 'terminating' } }],
  ['probing', upTo('probe'), { live: { stopping: 'requestingShutdown' } }],
  ['pausing between two probes', pausing, { live: { stopping: 'requestingShutdown' } }],
  ['activating', upTo('onActivate'), { live: { stopping: 'requestingShutdown' } }],
  ['healthy', healthy, { live: { stopping: 'draining' } }],
  ['unready', unready, { live: { stopping: 'draining' } }],
  ['draining', onRung(0), { live: { stopping: 'draining' } }],
  ['deactivating', onRung(1), { live: { stopping: 'deactivating' } }],
  ['asked to end', onRung(2), { live: { stopping: 'requestingShutdown' } }],
  ['terminating', onRung(3), { live: { stopping: 'terminating' } }],
  ['killing', onRung(4), { live: { stopping: 'killing' } }],
  ['stopping and wanted again', wantedAgain, { live: { stopping: 'draining' } }],
  ['restarting', restarting, 'restarting'],
  ['failed', failed, 'failed'],
];
const withAnotherEnd = new Map<string, unknown>([
  ['restarting', 'idle'],
  ['failed', 'idle'],
]);

describe.each(places)('a plugin that is deactivated while it is %s', (place, reach, first) => {
  it('goes down from the right rung on', () => {
    const story = storyAt(reach);
    story.deactivate();
    expect(story.snapshot().value).toEqual(withAnotherEnd.get(place) ?? first);
    expect(story.status().wanted).toBe(false);
  });

  it('is gone within the stop budget, whatever it does, and stays so', () => {
    const story = storyAt(reach);
    story.deactivate();
    story.advance(stopsWithinMs(deadlines, place === 'spawning'));
    expect(story.status()).toMatchObject({ state: 'idle', wanted: false, pid: null });
    story.advance(24 * 60 * 60_000);
    expect(story.state()).toBe('idle');
    expect(story.simulator.all()).toEqual([]);
  });

  it('is gone at once when its process ends', () => {
    const story = storyAt(reach);
    story.deactivate();
    if (story.simulator.isRunning('process')) emitExit(story.simulator, { code: 0 });
    expect(story.status()).toMatchObject({ state: 'idle', wanted: false });
    expect(story.simulator.all()).toEqual([]);
  });

  it('lets the environment stop', () => {
    const story = storyAt(reach);
    story.root.send({ type: 'environment.stop' });
    story.advance(stopsWithinMs(deadlines, place === 'spawning'));
    expect(story.root.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
    expect(story.simulator.all()).toEqual([]);
  });

  it('starts again when it is wanted again before it is gone', () => {
    const story = storyAt(reach);
    story.deactivate();
    story.activate();
    if (story.state() === 'stopping') emitExit(story.simulator, { code: 0 });
    expect(story.status()).toMatchObject({ state: 'spawning', wanted: true });
    completeStart(story.simulator);
    expect(story.status()).toMatchObject({ state: 'healthy', wanted: true });
    expect(story.simulator.all().filter(({ name }) => name === 'process')).toHaveLength(1);
  });

  it('starts again when it is restarted', () => {
    const story = storyAt(reach);
    story.root.send({ type: 'environment.restart', plugin: defaultPlugin });
    if (story.state() === 'stopping') emitExit(story.simulator, { code: 0 });
    completeStart(story.simulator);
    expect(story.status()).toMatchObject({ state: 'healthy', wanted: true });
  });
});

describe('a plugin that has crashed and is left to lie', () => {
  it('is idle when it is deactivated', () => {
    const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    healthy(story);
    emitExit(story.simulator, { code: 1 });
    expect(story.state()).toBe('crashed');
    story.deactivate();
    expect(story.status()).toMatchObject({ state: 'idle', wanted: false });
  });
});

describe('a plugin on its way down', () => {
  it.each([
    ['draining', 0, 'drainMs'],
    ['deactivating', 1, 'hookMs'],
    ['requestingShutdown', 2, 'shutdownMs'],
    ['terminating', 3, 'termMs'],
    ['killing', 4, 'killMs'],
  ] as const)(
    'stays on the rung %s for its own deadline, and not a moment longer',
    (rung, index, deadline) => {
      const story = storyAt(onRung(index));
      expect(story.snapshot().value).toEqual({ live: { stopping: rung } });
      story.advance(deadlines[deadline] - 1);
      expect(story.snapshot().value).toEqual({ live: { stopping: rung } });
      story.advance(1);
      expect(story.snapshot().value).not.toEqual({ live: { stopping: rung } });
    },
  );

  it('is killed at once when the signal of a rung is a defect, and given up when that of the last one is', () => {
    const story = storyAt(onRung(3));
    story.simulator.running('signal').fail(new Error('defect'));
    expect(story.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    const ordered = story.simulator.subscribed.length;
    story.simulator.running('signal').fail(new Error('defect'));
    expect(story.simulator.subscribed).toHaveLength(ordered);
    story.advance(deadlines.killMs);
    expect(story.state()).toBe('idle');
  });
});

function storyAt(reach: (story: SimulatedTree) => void): SimulatedTree {
  const story = createTreeWithPlugin();
  reach(story);
  return story;
}

function spawn(story: SimulatedTree): void {
  story.activate();
}

/** Answers each step of a start up to the one that the effect of this name works at. */
function upTo(effect: 'handshake' | 'dial' | 'probe' | 'onActivate') {
  return (story: SimulatedTree): void => {
    story.activate();
    startUpTo(story.simulator, effect);
  };
}

function startUpTo(world: EffectSimulator, effect: string): void {
  world.running('process').emit({ type: 'process.started', process: simulatedProcessHandle(1, 0) });
  if (effect === 'handshake') return;
  world.running('handshake').emit({
    type: 'handshake.read',
    handshake: {
      coreVersion: 1,
      appVersion: 1,
      network: 'unix',
      address: '/x',
      protocol: 'grpc',
      certificate: null,
      multiplexed: false,
    },
  });
  if (effect === 'dial') return;
  world.running('dial').emit({
    type: 'channel.ready',
    channel: { address: 'unix:/x', transport: 'plaintext', multiplexed: false },
  });
  if (effect === 'probe') return;
  world.running('probe').emit({ type: 'probe.passed', ms: 1 });
}

function redialling(story: SimulatedTree): void {
  upTo('dial')(story);
  const error = new PluginError({ code: 'CONNECT_FAILED', message: 'not yet' });
  story.simulator.running('dial').emit({ type: 'channel.refused', error });
}

function pausing(story: SimulatedTree): void {
  upTo('probe')(story);
  const error = new PluginError({ code: 'NOT_SERVING', message: 'not yet' });
  story.simulator.running('probe').emit({ type: 'probe.failed', error });
}

function healthy(story: SimulatedTree): void {
  story.activate();
  completeStart(story.simulator);
}

function unready(story: SimulatedTree): void {
  healthy(story);
  const error = new PluginError({ code: 'NOT_SERVING', message: 'not now' });
  story.simulator.running('watch').emit({ type: 'watch.notServing', error });
}

/** On its way down, after so many rungs. */
function onRung(rung: number) {
  return (story: SimulatedTree): void => {
    upTo('onActivate')(story);
    story.simulator.running('onActivate').emit({ type: 'hook.returned', hooks: ['OnDeactivate'] });
    story.deactivate();
    const { drainMs, hookMs, shutdownMs, termMs } = deadlines;
    for (const ms of [drainMs, hookMs, shutdownMs, termMs].slice(0, rung)) story.advance(ms);
  };
}

function wantedAgain(story: SimulatedTree): void {
  healthy(story);
  story.deactivate();
  story.activate();
}

function restarting(story: SimulatedTree): void {
  healthy(story);
  for (let crash = 0; crash < 2; crash += 1) {
    emitExit(story.simulator, { code: 1 });
    if (crash > 0) return;
    story.advance(0);
    completeStart(story.simulator);
  }
}

function failed(story: SimulatedTree): void {
  story.activate();
  emitSpawnFailure(story.simulator, new PluginError({ code: 'EXECUTABLE_NOT_FOUND', message: 'gone' }));
}
