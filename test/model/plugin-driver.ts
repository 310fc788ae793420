import { supervisorRef, type SupervisorContext } from '../../src/machines/index.js';
import {
  PluginError,
  rootGroup,
  type PluginErrorCode,
  type PluginState,
  type SupervisionOptions,
} from '../../src/model/index.js';
import { presets } from '../../src/policy/index.js';
import {
  emitExit,
  emitSpawnFailure,
  simulatedChannel,
  simulatedHandshake,
  simulatedProcessHandle,
} from '../../src/testing/index.js';
import { defaultPlugin, createTreeWithPlugin, type SimulatedTree } from '../support/simulated-tree.js';
import { intensity, type ModelEvent, type ModelContext } from './plugin-model.js';

const supervision: SupervisionOptions = {
  restart: { intensity, resetAfterMs: null, halfOpenAfterMs: null, backoff: { firstMs: 100 } },
};
const { deadlines, health } = presets.espalier;

const failure = (code: PluginErrorCode): PluginError => new PluginError({ code, message: code });

/** How each event of the model is done to the real machine. */
const performers: Readonly<Record<ModelEvent['type'], (simulated: SimulatedTree) => void>> = {
  activate: (simulated) => {
    simulated.activate();
  },
  deactivate: (simulated) => {
    simulated.deactivate();
  },
  restart: ({ root }) => {
    root.send({ type: 'environment.restart', plugin: defaultPlugin });
  },
  spawned: ({ simulator, clock }) => {
    simulator.running('process').emit({
      type: 'process.started',
      process: simulatedProcessHandle(1, clock.now()),
    });
  },
  'not spawned': ({ simulator }) => {
    emitSpawnFailure(simulator, failure('SPAWN_FAILED'));
  },
  'not there': ({ simulator }) => {
    emitSpawnFailure(simulator, failure('EXECUTABLE_NOT_FOUND'));
  },
  'line read': ({ simulator }) => {
    simulator.running('handshake').emit({
      type: 'handshake.read',
      handshake: simulatedHandshake(),
    });
  },
  'line refused': ({ simulator }) => {
    simulator.running('handshake').emit({
      type: 'handshake.rejected',
      error: failure('HANDSHAKE_UNRECOGNIZED'),
    });
  },
  connected: ({ simulator }) => {
    simulator.running('dial').emit({ type: 'channel.ready', channel: simulatedChannel() });
  },
  'not connected yet': ({ simulator }) => {
    simulator.running('dial').emit({ type: 'channel.refused', error: failure('CONNECT_FAILED') });
  },
  'not connected': ({ simulator }) => {
    simulator.running('dial').emit({ type: 'channel.failed', error: failure('CERTIFICATE_INVALID') });
  },
  serving: ({ simulator }) => {
    if (simulator.isRunning('watch')) simulator.running('watch').emit({ type: 'watch.serving' });
    else simulator.running('probe').emit({ type: 'probe.passed', ms: 1 });
  },
  'not serving': ({ simulator }) => {
    const error = failure('NOT_SERVING');
    if (simulator.isRunning('watch')) simulator.running('watch').emit({ type: 'watch.notServing', error });
    else simulator.running('probe').emit({ type: 'probe.failed', error });
  },
  activated: ({ simulator }) => {
    simulator.running('onActivate').emit({ type: 'hook.returned', hooks: ['OnActivate', 'OnDeactivate'] });
  },
  'not activated': ({ simulator }) => {
    simulator.running('onActivate').emit({ type: 'hook.failed', error: failure('HOOK_FAILED') });
  },
  silent: (simulated) => {
    advanceUntilLeft(
      simulated,
      health.intervalMs + health.deadlineMs + 2 * (health.retryIntervalMs + health.deadlineMs),
    );
  },
  'out of patience': (simulated) => {
    // It answers every probe.
    const end = simulated.clock.now() + (health.notServingMs ?? 0);
    while (simulated.state() === 'healthy' && simulated.clock.now() < end) {
      const probe = simulated.simulator.isRunning('redial') ? 'redial' : 'probe';
      if (simulated.simulator.isRunning(probe))
        simulated.simulator.running(probe).emit({ type: 'probe.failed', error: failure('NOT_SERVING') });
      simulated.advance(Math.max(0, (simulated.clock.nextAt() ?? end) - simulated.clock.now()));
    }
  },
  drained: ({ simulator }) => {
    simulator.running('drain').emit({ type: 'drain.finished' });
  },
  deactivated: ({ simulator }) => {
    simulator.running('onDeactivate').emit({ type: 'hook.returned', hooks: null });
  },
  'has no controller': ({ simulator }) => {
    simulator.running('shutdown').emit({ type: 'shutdown.unsupported' });
  },
  exit: ({ simulator }) => {
    emitExit(simulator, { code: 1 });
  },
  deadline: (simulated) => {
    advanceUntilLeft(simulated, deadlineOf(simulated));
  },
  'pause over': (simulated) => {
    simulated.advance(simulated.state() === 'restarting' ? 100 : health.startIntervalMs);
  },
};

/** The way of the real machine through the events of a path. */
export interface PluginDriver {
  perform(event: ModelEvent): void;
  /** The state in the terms of the model. */
  place(): unknown;
  context(): ModelContext;
  state(): PluginState;
}

export function createPluginDriver(): PluginDriver {
  const tree = createTreeWithPlugin(supervision);
  return {
    perform: ({ type }) => {
      performers[type](tree);
    },
    place: () => stateOf(tree),
    context: () => ({
      wanted: tree.status().wanted,
      again: tree.state() === 'stopping' && tree.snapshot().context.queued !== null,
      failures: countedFailures(tree),
    }),
    state: () => tree.state(),
  };
}

/** Its restart history in the supervisor. */
function countedFailures({ root }: SimulatedTree): number {
  const supervisor = supervisorRef(root.system, rootGroup)?.getSnapshot() as { context: SupervisorContext };
  const child = supervisor.context.children.find(({ id }) => id === defaultPlugin);
  return child?.kind === 'plugin' ? child.history.failures.length : 0;
}

function stateOf(simulated: SimulatedTree): unknown {
  const { value } = simulated.snapshot();
  if (typeof value === 'string') return value;
  const { live } = value;
  return live === 'healthy' ? { healthy: simulated.status().ready ? 'ready' : 'unready' } : live;
}

/** The deadline of the current stop step or of the start. */
function deadlineOf(tree: SimulatedTree): number {
  const { value } = tree.snapshot();
  const live = typeof value === 'string' ? value : value.live;
  if (typeof live === 'string' || !('stopping' in live)) return deadlines.startMs;
  const { drainMs, hookMs, shutdownMs, termMs, killMs } = deadlines;
  const stopSteps = {
    draining: drainMs,
    deactivating: hookMs,
    requestingShutdown: shutdownMs,
    terminating: termMs,
    killing: killMs,
  };
  return stopSteps[live.stopping as keyof typeof stopSteps];
}

/** Lets at most so much time pass, and none once the plugin is somewhere else: the next place has a deadline, too. */
function advanceUntilLeft(simulated: SimulatedTree, ms: number): void {
  const end = simulated.clock.now() + ms;
  const isStart = simulated.state() === 'handshaking';
  const [from, before] = [JSON.stringify(stateOf(simulated)), simulated.state()];
  const hasLeft = () =>
    isStart ? simulated.state() !== before : JSON.stringify(stateOf(simulated)) !== from;
  while (!hasLeft() && simulated.clock.now() < end)
    simulated.advance(Math.max(0, Math.min(simulated.clock.nextAt() ?? end, end) - simulated.clock.now()));
}
