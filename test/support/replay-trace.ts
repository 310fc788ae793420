import { pluginRef, pluginState, pluginStatus, type PluginSnapshot } from '../../src/machines/index.js';
import type { FaultTrace, SupervisionOptions } from '../../src/model/index.js';
import type { SimulationStep } from '../../src/policy/index.js';
import { createSimulatedEnvironment, replays } from '../../src/testing/index.js';
import { rootActorOf } from './root-actor.js';

/**
 * Replays a fault trace through the real machines with a plugin that otherwise responds at once. Returns what happens
 * until `forMs` as steps of a simulation.
 */
export async function replayTrace(
  supervision: SupervisionOptions,
  trace: FaultTrace,
  { forMs, startMs, random }: { forMs: number; startMs: number; random: () => number },
): Promise<SimulationStep[]> {
  const { env, clock } = await createSimulatedEnvironment({
    plugins: { it: { supervision, behaviour: replays(trace, startMs) } },
    random,
  });
  const ref = pluginRef(rootActorOf(env).system, 'it');
  if (ref === undefined) throw new Error('The plugin has no actor.');
  const steps: SimulationStep[] = [];
  let before = ref.getSnapshot();
  ref.subscribe((snapshot) => {
    steps.push(...stepsBetween(before, snapshot, clock.now()));
    before = snapshot;
  });
  rootActorOf(env).send({ type: 'environment.activate', plugin: 'it' });
  clock.advance(forMs);
  return steps.filter(({ at }) => at < forMs);
}

/** The simulation steps of a transition of the plugin machine. */
function stepsBetween(before: PluginSnapshot, after: PluginSnapshot, at: number): SimulationStep[] {
  const [from, to] = [pluginState(before), pluginState(after)];
  const { lastExit, wanted, because, pause, failedReason } = after.context;
  const isNew = from !== to || before.context.generation !== after.context.generation;
  if (from === 'crashed' && before.context.wanted && !wanted) return [{ type: 'stop', at }];
  if (!isNew) return [];
  if (to === 'spawning')
    return [{ type: 'started', at, halfOpen: because.startsWith('xstate.after.halfOpenInterval') }];
  if (to === 'healthy') return [{ type: 'healthy', at }];
  if (to === 'restarting') return [{ type: 'restart', at, attempt: pause.attempt, delayMs: pause.delayMs }];
  if (to === 'failed' && failedReason !== null)
    return [{ type: 'giveUp', at, reason: failedReason, retryAt: pluginStatus(after).retryAt }];
  if (to === 'crashed' && lastExit !== null) {
    const { kind, code, phase, healthyMs, error } = lastExit;
    const exit = { kind, code, phase, healthyMs, at: lastExit.at, error: error && { code: error.code } };
    return [{ type: 'ended', at, exit }];
  }
  return [];
}
