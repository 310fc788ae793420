import { PluginError } from '../../../src/model/index.js';
import { emitExit, simulatedChannel, simulatedProcessHandle } from '../../../src/testing/index.js';
import { createTreeWithPlugin, type SimulatedTree } from '../../support/simulated-tree.js';

const lost = {
  type: 'channel.lost',
  error: new PluginError({ code: 'CONNECTION_LOST', message: 'The one connection to the plugin has ended.' }),
} as const;

/** A plugin up to its first probe, or until it is healthy. */
function begin(until: 'dialled' | 'connected' | 'healthy', multiplexed = true): SimulatedTree {
  const tree = createTreeWithPlugin({ restart: { restart: 'temporary' } });
  const { simulator } = tree;
  tree.activate();
  simulator.running('process').emit({ type: 'process.started', process: simulatedProcessHandle(4711, 0) });
  simulator.running('handshake').emit({
    type: 'handshake.read',
    handshake: {
      coreVersion: 1,
      appVersion: 1,
      network: 'unix',
      address: '/x',
      protocol: 'grpc',
      certificate: null,
      multiplexed,
    },
  });
  if (until === 'dialled') return tree;
  simulator.running('dial').emit({ type: 'channel.ready', channel: { ...simulatedChannel(), multiplexed } });
  if (until === 'connected') return tree;
  simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
  simulator.running('onActivate').emit({ type: 'hook.returned', hooks: null });
  return tree;
}

describe('a connection that can never come back', () => {
  it.each([true, false])('is watched, multiplexed or not: %s', (multiplexed) => {
    expect(begin('healthy', multiplexed).simulator.count('connection')).toBe(1);
  });

  it('brings a healthy plugin down 200 ms later, without another probe', () => {
    const tree = begin('healthy');
    tree.simulator.running('connection').emit(lost);
    tree.advance(199);
    expect(tree.state()).toBe('healthy');
    tree.advance(1);
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    emitExit(tree.simulator, { signal: 'SIGTERM' });
    expect(tree.status().lastExit).toMatchObject({
      kind: 'hang',
      stopStep: 'terminating',
      phase: 'serving',
      error: { code: 'CONNECTION_LOST' },
    });
    expect(tree.simulator.isRunning('connection')).toBe(false);
  });

  it('also while a probe is under way, whatever that one says', () => {
    const tree = begin('healthy');
    tree.advance(5000);
    tree.simulator.running('connection').emit(lost);
    expect(tree.simulator.isRunning('probe')).toBe(false);
    tree.advance(200);
    expect(tree.state()).toBe('stopping');
  });

  it.each(['dialled', 'connected'] as const)('ends a start that is %s 200 ms later', (until) => {
    const tree = begin(until);
    if (until === 'dialled') tree.simulator.running('dial').emit(lost);
    else tree.simulator.running('connection').emit(lost);
    tree.advance(199);
    expect(tree.state()).toBe('handshaking');
    tree.advance(1);
    expect(tree.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    emitExit(tree.simulator, { signal: 'SIGKILL' });
    expect(tree.status().lastExit).toMatchObject({
      kind: 'handshake',
      phase: until === 'dialled' ? 'dial' : 'health',
      error: { code: 'CONNECTION_LOST' },
    });
  });

  it.each(['dialled', 'healthy'] as const)('is not told where the process itself has ended, %s', (until) => {
    const tree = begin(until);
    tree.simulator.running(until === 'dialled' ? 'dial' : 'connection').emit(lost);
    tree.advance(40);
    emitExit(tree.simulator, { code: 3 });
    expect(tree.status().lastExit).toMatchObject({
      code: 3,
      error: { code: until === 'dialled' ? 'EXITED_BEFORE_HANDSHAKE' : 'PLUGIN_CRASHED' },
    });
    tree.advance(100);
    expect(tree.state()).toBe('crashed');
  });

  it('changes nothing for a plugin that is stopping', () => {
    const tree = begin('healthy');
    tree.deactivate();
    tree.simulator.running('connection').emit(lost);
    tree.advance(200);
    expect(tree.state()).toBe('stopping');
    emitExit(tree.simulator, { code: 0 });
    expect(tree.status()).toMatchObject({ state: 'idle', error: null });
  });
});
