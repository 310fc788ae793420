import { supervisorRef, type SupervisorContext } from '../../src/machines/index.js';
import {
  PluginError,
  rootGroup,
  type PluginErrorCode,
  type PluginState,
  type Supervision,
} from '../../src/model/index.js';
import { presets } from '../../src/policy/index.js';
import {
  exit,
  failToSpawn,
  pretendedChannel,
  pretendedHandshake,
  pretendedProcess,
} from '../../src/testing/index.js';
import { hero, tellStory, type Story } from '../support/story.js';
import { intensity, type ModelEvent, type Remembered } from './plugin-model.js';

const supervision: Supervision = {
  restart: { intensity, resetAfterMs: null, halfOpenAfterMs: null, backoff: { firstMs: 100 } },
};
const { deadlines, health } = presets.espalier;

const failure = (code: PluginErrorCode): PluginError => new PluginError({ code, message: code });

/** How each event of the model is done to the real machine. */
const deeds: Readonly<Record<ModelEvent['type'], (story: Story) => void>> = {
  activate: (story) => {
    story.activate();
  },
  deactivate: (story) => {
    story.deactivate();
  },
  restart: ({ root }) => {
    root.send({ type: 'environment.restart', plugin: hero });
  },
  spawned: ({ world, clock }) => {
    world.running('process').say({
      type: 'process.started',
      process: pretendedProcess(1, clock.now()),
    });
  },
  'not spawned': ({ world }) => {
    failToSpawn(world, failure('SPAWN_FAILED'));
  },
  'not there': ({ world }) => {
    failToSpawn(world, failure('EXECUTABLE_NOT_FOUND'));
  },
  'line read': ({ world }) => {
    world.running('handshake').say({
      type: 'handshake.read',
      handshake: pretendedHandshake(),
    });
  },
  'line refused': ({ world }) => {
    world.running('handshake').say({
      type: 'handshake.rejected',
      error: failure('HANDSHAKE_UNRECOGNIZED'),
    });
  },
  connected: ({ world }) => {
    world.running('dial').say({ type: 'channel.ready', channel: pretendedChannel() });
  },
  'not connected yet': ({ world }) => {
    world.running('dial').say({ type: 'channel.refused', error: failure('CONNECT_FAILED') });
  },
  'not connected': ({ world }) => {
    world.running('dial').say({ type: 'channel.failed', error: failure('CERTIFICATE_INVALID') });
  },
  serving: ({ world }) => {
    if (world.isRunning('watch')) world.running('watch').say({ type: 'watch.affirmed' });
    else world.running('probe').say({ type: 'probe.passed', ms: 1 });
  },
  'not serving': ({ world }) => {
    const error = failure('NOT_SERVING');
    if (world.isRunning('watch')) world.running('watch').say({ type: 'watch.denied', error });
    else world.running('probe').say({ type: 'probe.failed', error });
  },
  activated: ({ world }) => {
    world.running('onActivate').say({ type: 'hook.returned', hooks: ['OnActivate', 'OnDeactivate'] });
  },
  'not activated': ({ world }) => {
    world.running('onActivate').say({ type: 'hook.failed', error: failure('HOOK_FAILED') });
  },
  silent: (story) => {
    passUntilLeft(
      story,
      health.intervalMs + health.deadlineMs + 2 * (health.retryIntervalMs + health.deadlineMs),
    );
  },
  'out of patience': (story) => {
    // It lives, and says so each time it is asked.
    const end = story.clock.now() + (health.notServingMs ?? 0);
    while (story.state() === 'healthy' && story.clock.now() < end) {
      const probe = story.world.isRunning('redial') ? 'redial' : 'probe';
      if (story.world.isRunning(probe))
        story.world.running(probe).say({ type: 'probe.failed', error: failure('NOT_SERVING') });
      story.pass(Math.max(0, (story.clock.next() ?? end) - story.clock.now()));
    }
  },
  drained: ({ world }) => {
    world.running('drain').say({ type: 'drain.finished' });
  },
  deactivated: ({ world }) => {
    world.running('onDeactivate').say({ type: 'hook.returned', hooks: null });
  },
  'has no controller': ({ world }) => {
    world.running('shutdown').say({ type: 'shutdown.unsupported' });
  },
  exit: ({ world }) => {
    exit(world, { code: 1 });
  },
  deadline: (story) => {
    passUntilLeft(story, deadlineOf(story));
  },
  'pause over': (story) => {
    story.pass(story.state() === 'restarting' ? 100 : health.startIntervalMs);
  },
};

/** The way of the real machine through the events of a path. */
export interface Drive {
  perform(event: ModelEvent): void;
  /** Where it is, in the words of the model. */
  place(): unknown;
  remembered(): Remembered;
  state(): PluginState;
}

export function drive(): Drive {
  const story = tellStory(supervision);
  return {
    perform: ({ type }) => {
      deeds[type](story);
    },
    place: () => placeOf(story),
    remembered: () => ({
      wanted: story.status().wanted,
      again: story.state() === 'stopping' && story.snapshot().context.turn !== null,
      failures: failuresOf(story),
    }),
    state: () => story.state(),
  };
}

/** What its supervisor holds against it. */
function failuresOf({ root }: Story): number {
  const supervisor = supervisorRef(root.system, rootGroup)?.getSnapshot() as { context: SupervisorContext };
  const child = supervisor.context.children.find(({ id }) => id === hero);
  return child?.kind === 'plugin' ? child.memory.failures.length : 0;
}

function placeOf(story: Story): unknown {
  const { value } = story.snapshot();
  if (typeof value === 'string') return value;
  const { live } = value;
  return live === 'healthy' ? { healthy: story.status().ready ? 'ready' : 'unready' } : live;
}

/** The deadline of the rung, or of the start, that the plugin is at. */
function deadlineOf(story: Story): number {
  const { value } = story.snapshot();
  const live = typeof value === 'string' ? value : value.live;
  if (typeof live === 'string' || !('stopping' in live)) return deadlines.startMs;
  const { drainMs, hookMs, shutdownMs, termMs, killMs } = deadlines;
  const rungs = {
    draining: drainMs,
    deactivating: hookMs,
    asking: shutdownMs,
    terminating: termMs,
    killing: killMs,
  };
  return rungs[live.stopping as keyof typeof rungs];
}

/** Lets at most so much time pass, and none once the plugin is somewhere else: the next place has a deadline, too. */
function passUntilLeft(story: Story, ms: number): void {
  const end = story.clock.now() + ms;
  const isStart = story.state() === 'handshaking';
  const [from, before] = [JSON.stringify(placeOf(story)), story.state()];
  const hasLeft = () => (isStart ? story.state() !== before : JSON.stringify(placeOf(story)) !== from);
  while (!hasLeft() && story.clock.now() < end)
    story.pass(Math.max(0, Math.min(story.clock.next() ?? end, end) - story.clock.now()));
}
