import { PluginError } from '../../../src/model/index.js';
import { emitExit, simulatedChannel, simulatedProcessHandle } from '../../../src/testing/index.js';
import { createTreeWithPlugin, type SimulatedTree } from '../../support/simulated-tree.js';

const lost = {
  type: 'channel.lost',
  error: new PluginError({ code: 'CONNECTION_LOST', message: 'The one connection to the plugin has ended.' }),
} as const;

/** A story up to its health's first question, or to its being healthy. */
function begin(until: 'dialled' | 'connected' | 'healthy', multiplexed = true): SimulatedTree {
  const story = createTreeWithPlugin({ restart: { restart: 'temporary' } });
  const { simulator } = story;
  story.activate();
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
  if (until === 'dialled') return story;
  simulator.running('dial').emit({ type: 'channel.ready', channel: { ...simulatedChannel(), multiplexed } });
  if (until === 'connected') return story;
  simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
  simulator.running('onActivate').emit({ type: 'hook.returned', hooks: null });
  return story;
}

describe('a connection that can never come back', () => {
  it('is watched only where there can be no other', () => {
    expect(begin('healthy').simulator.count('connection')).toBe(1);
    expect(begin('healthy', false).simulator.count('connection')).toBe(0);
  });

  it('brings a healthy plugin down 200 ms later, without another probe', () => {
    const story = begin('healthy');
    story.simulator.running('connection').emit(lost);
    story.advance(199);
    expect(story.state()).toBe('healthy');
    story.advance(1);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    emitExit(story.simulator, { signal: 'SIGTERM' });
    expect(story.status().lastExit).toMatchObject({
      kind: 'hang',
      stopStep: 'terminating',
      phase: 'serving',
      error: { code: 'CONNECTION_LOST' },
    });
    expect(story.simulator.isRunning('connection')).toBe(false);
  });

  it('also while a probe is under way, whatever that one says', () => {
    const story = begin('healthy');
    story.advance(5000);
    story.simulator.running('connection').emit(lost);
    expect(story.simulator.isRunning('probe')).toBe(false);
    story.advance(200);
    expect(story.state()).toBe('stopping');
  });

  it.each(['dialled', 'connected'] as const)('ends a start that is %s 200 ms later', (until) => {
    const story = begin(until);
    if (until === 'dialled') story.simulator.running('dial').emit(lost);
    else story.simulator.running('connection').emit(lost);
    story.advance(199);
    expect(story.state()).toBe('handshaking');
    story.advance(1);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    emitExit(story.simulator, { signal: 'SIGKILL' });
    expect(story.status().lastExit).toMatchObject({
      kind: 'handshake',
      phase: until === 'dialled' ? 'dial' : 'health',
      error: { code: 'CONNECTION_LOST' },
    });
  });

  it.each(['dialled', 'healthy'] as const)('is not told where the process itself has ended, %s', (until) => {
    const story = begin(until);
    story.simulator.running(until === 'dialled' ? 'dial' : 'connection').emit(lost);
    story.advance(40);
    emitExit(story.simulator, { code: 3 });
    expect(story.status().lastExit).toMatchObject({
      code: 3,
      error: { code: until === 'dialled' ? 'EXITED_BEFORE_HANDSHAKE' : 'PLUGIN_CRASHED' },
    });
    story.advance(100);
    expect(story.state()).toBe('crashed');
  });

  it('leaves a plugin that is asked to stop alone', () => {
    const story = begin('healthy');
    story.deactivate();
    story.simulator.running('connection').emit(lost);
    story.advance(200);
    expect(story.state()).toBe('stopping');
    emitExit(story.simulator, { code: 0 });
    expect(story.status()).toMatchObject({ state: 'idle', error: null });
  });
});
