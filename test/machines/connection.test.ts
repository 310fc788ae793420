import { PluginError } from '../../src/model/index.js';
import { exit, pretendedChannel, pretendedProcess } from '../../src/testing/index.js';
import { tellStory, type Story } from '../support/story.js';

const lost = {
  type: 'channel.lost',
  error: new PluginError({ code: 'CONNECTION_LOST', message: 'The one connection to the plugin has ended.' }),
} as const;

/** A story up to its health's first question, or to its being healthy. */
function begin(until: 'dialled' | 'connected' | 'healthy', multiplexed = true): Story {
  const story = tellStory({ restart: { restart: 'temporary' } });
  const { world } = story;
  story.activate();
  world.running('process').say({ type: 'process.started', process: pretendedProcess(4711, 0) });
  world.running('handshake').say({
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
  world.running('dial').say({ type: 'channel.ready', channel: { ...pretendedChannel(), multiplexed } });
  if (until === 'connected') return story;
  world.running('probe').say({ type: 'probe.passed', ms: 1 });
  world.running('onActivate').say({ type: 'hook.returned', hooks: null });
  return story;
}

describe('a connection that can never come back', () => {
  it('is watched only where there can be no other', () => {
    expect(begin('healthy').world.count('connection')).toBe(1);
    expect(begin('healthy', false).world.count('connection')).toBe(0);
  });

  it('brings a healthy plugin down 200 ms later, without another probe', () => {
    const story = begin('healthy');
    story.world.running('connection').say(lost);
    story.pass(199);
    expect(story.state()).toBe('healthy');
    story.pass(1);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'terminating' } });
    exit(story.world, { signal: 'SIGTERM' });
    expect(story.status().lastExit).toMatchObject({
      kind: 'hang',
      rung: 'terminating',
      phase: 'serving',
      error: { code: 'CONNECTION_LOST' },
    });
    expect(story.world.isRunning('connection')).toBe(false);
  });

  it('also while a probe is under way, whatever that one says', () => {
    const story = begin('healthy');
    story.pass(5000);
    story.world.running('connection').say(lost);
    expect(story.world.isRunning('probe')).toBe(false);
    story.pass(200);
    expect(story.state()).toBe('stopping');
  });

  it.each(['dialled', 'connected'] as const)('ends a start that is %s 200 ms later', (until) => {
    const story = begin(until);
    if (until === 'dialled') story.world.running('dial').say(lost);
    else story.world.running('connection').say(lost);
    story.pass(199);
    expect(story.state()).toBe('handshaking');
    story.pass(1);
    expect(story.snapshot().value).toEqual({ live: { stopping: 'killing' } });
    exit(story.world, { signal: 'SIGKILL' });
    expect(story.status().lastExit).toMatchObject({
      kind: 'handshake',
      phase: until === 'dialled' ? 'dial' : 'health',
      error: { code: 'CONNECTION_LOST' },
    });
  });

  it.each(['dialled', 'healthy'] as const)('is not told where the process itself has ended, %s', (until) => {
    const story = begin(until);
    story.world.running(until === 'dialled' ? 'dial' : 'connection').say(lost);
    story.pass(40);
    exit(story.world, { code: 3 });
    expect(story.status().lastExit).toMatchObject({
      code: 3,
      error: { code: until === 'dialled' ? 'EXITED_BEFORE_HANDSHAKE' : 'PLUGIN_CRASHED' },
    });
    story.pass(100);
    expect(story.state()).toBe('crashed');
  });

  it('leaves a plugin that is asked to stop alone', () => {
    const story = begin('healthy');
    story.deactivate();
    story.world.running('connection').say(lost);
    story.pass(200);
    expect(story.state()).toBe('stopping');
    exit(story.world, { code: 0 });
    expect(story.status()).toMatchObject({ state: 'idle', error: null });
  });
});
