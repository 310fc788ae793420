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

/** How a plugin reaches each state, and the first stop step of a deactivation there. */
const places: readonly (readonly [string, (tree: SimulatedTree) => void, unknown])[] = [
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
  it('begins with the right stop step', () => {
    const tree = storyAt(reach);
    tree.deactivate();
    expect(tree.snapshot().value).toEqual(withAnotherEnd.get(place) ?? first);
    expect(tree.status().wanted).toBe(false);
  });

  it('has no process within the stop deadlines, whatever it does, and none later', () => {
    const tree = storyAt(reach);
    tree.deactivate();
    tree.advance(stopsWithinMs(deadlines, place === 'spawning'));
    expect(tree.status()).toMatchObject({ state: 'idle', wanted: false, pid: null });
    tree.advance(24 * 60 * 60_000);
    expect(tree.state()).toBe('idle');
    expect(tree.simulator.all()).toEqual([]);
  });

  it('is gone at once when its process ends', () => {
    const tree = storyAt(reach);
    tree.deactivate();
    if (tree.simulator.isRunning('process')) emitExit(tree.simulator, { code: 0 });
    expect(tree.status()).toMatchObject({ state: 'idle', wanted: false });
    expect(tree.simulator.all()).toEqual([]);
  });

  it('lets the environment stop', () => {
    const tree = storyAt(reach);
    tree.root.send({ type: 'environment.stop' });
    tree.advance(stopsWithinMs(deadlines, place === 'spawning'));
    expect(tree.root.getSnapshot()).toMatchObject({ status: 'done', value: 'stopped' });
    expect(tree.simulator.all()).toEqual([]);
  });

  it('starts again when it is wanted again before it is gone', () => {
    const tree = storyAt(reach);
    tree.deactivate();
    tree.activate();
    if (tree.state() === 'stopping') emitExit(tree.simulator, { code: 0 });
    expect(tree.status()).toMatchObject({ state: 'spawning', wanted: true });
    completeStart(tree.simulator);
    expect(tree.status()).toMatchObject({ state: 'healthy', wanted: true });
    expect(tree.simulator.all().filter(({ name }) => name === 'process')).toHaveLength(1);
  });

  it('starts again when it is restarted', () => {
    const tree = storyAt(reach);
    tree.root.send({ type: 'environment.restart', plugin: defaultPlugin });
    if (tree.state() === 'stopping') emitExit(tree.simulator, { code: 0 });
    completeStart(tree.simulator);
    expect(tree.status()).toMatchObject({ state: 'healthy', wanted: true });
  });
});

describe('a plugin that has crashed and is left to lie', () => {
  it('is idle when it is deactivated', () => {
    const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
    healthy(tree);
    emitExit(tree.simulator, { code: 1 });
    expect(tree.state()).toBe('crashed');
    tree.deactivate();
    expect(tree.status()).toMatchObject({ state: 'idle', wanted: false });
  });
});

describe('a plugin that is stopping', () => {
  it.each([
    ['draining', 0, 'drainMs'],
    ['deactivating', 1, 'hookMs'],
    ['requestingShutdown', 2, 'shutdownMs'],
    ['terminating', 3, 'termMs'],
    ['killing', 4, 'killMs'],
  ] as const)(
    'stays on the step %s for its own deadline, and not a moment longer',
    (step, index, deadline) => {
      const tree = storyAt(onRung(index));
      expect(tree.snapshot().value).toEqual({ live: { stopping: step } });
      tree.advance(deadlines[deadline] - 1);
      expect(tree.snapshot().value).toEqual({ live: { stopping: step } });
      tree.advance(1);
      expect(tree.snapshot().value).not.toEqual({ live: { stopping: step } });
    },
  );

  it('is killed at once when a stop step has an internal error, and declared lost when the last one has', () => {
    const tree = storyAt(onRung(3));
    tree.simulator.running('signal').fail(new Error('defect'));
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    const ordered = tree.simulator.subscribed.length;
    tree.simulator.running('signal').fail(new Error('defect'));
    expect(tree.simulator.subscribed).toHaveLength(ordered);
    tree.advance(deadlines.killMs);
    expect(tree.state()).toBe('idle');
  });
});

function storyAt(reach: (tree: SimulatedTree) => void): SimulatedTree {
  const tree = createTreeWithPlugin();
  reach(tree);
  return tree;
}

function spawn(tree: SimulatedTree): void {
  tree.activate();
}

/** Answers each step of a start up to the one that the effect of this name works at. */
function upTo(effect: 'handshake' | 'dial' | 'probe' | 'onActivate') {
  return (tree: SimulatedTree): void => {
    tree.activate();
    startUpTo(tree.simulator, effect);
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

function redialling(tree: SimulatedTree): void {
  upTo('dial')(tree);
  const error = new PluginError({ code: 'CONNECT_FAILED', message: 'not yet' });
  tree.simulator.running('dial').emit({ type: 'channel.refused', error });
}

function pausing(tree: SimulatedTree): void {
  upTo('probe')(tree);
  const error = new PluginError({ code: 'NOT_SERVING', message: 'not yet' });
  tree.simulator.running('probe').emit({ type: 'probe.failed', error });
}

function healthy(tree: SimulatedTree): void {
  tree.activate();
  completeStart(tree.simulator);
}

function unready(tree: SimulatedTree): void {
  healthy(tree);
  const error = new PluginError({ code: 'NOT_SERVING', message: 'not now' });
  tree.simulator.running('watch').emit({ type: 'watch.notServing', error });
}

/** A plugin in the nth stop step. */
function onRung(step: number) {
  return (tree: SimulatedTree): void => {
    upTo('onActivate')(tree);
    tree.simulator.running('onActivate').emit({ type: 'hook.returned', hooks: ['OnDeactivate'] });
    tree.deactivate();
    const { drainMs, hookMs, shutdownMs, termMs } = deadlines;
    for (const ms of [drainMs, hookMs, shutdownMs, termMs].slice(0, step)) tree.advance(ms);
  };
}

function wantedAgain(tree: SimulatedTree): void {
  healthy(tree);
  tree.deactivate();
  tree.activate();
}

function restarting(tree: SimulatedTree): void {
  healthy(tree);
  for (let crash = 0; crash < 2; crash += 1) {
    emitExit(tree.simulator, { code: 1 });
    if (crash > 0) return;
    tree.advance(0);
    completeStart(tree.simulator);
  }
}

function failed(tree: SimulatedTree): void {
  tree.activate();
  emitSpawnFailure(tree.simulator, new PluginError({ code: 'EXECUTABLE_NOT_FOUND', message: 'gone' }));
}
