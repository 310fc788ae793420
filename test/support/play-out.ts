import { pluginState, pluginStatus, type PluginSnapshot } from '../../src/machines/index.js';
import { PluginError, type Fault, type FaultTrace, type Supervision } from '../../src/model/index.js';
import type { SimulationStep } from '../../src/policy/index.js';
import {
  createSteppingClock,
  exit,
  failToSpawn,
  pretendedChannel,
  pretendedProcess,
} from '../../src/testing/index.js';
import { tellStory, type Story } from './story.js';

/**
 * Plays a fault trace through the real machines: a plugin that does what each fault says and else answers everything
 * at once. What happens until `forMs` is told in the steps of a simulation.
 */
export function playOut(
  supervision: Supervision,
  trace: FaultTrace,
  { forMs, startMs, random }: { forMs: number; startMs: number; random: () => number },
): SimulationStep[] {
  const clock = createSteppingClock();
  const story = tellStory(supervision, random, clock);
  const faults = trace[Symbol.iterator]();
  const steps: SimulationStep[] = [];
  let before = story.snapshot();
  story.ref().subscribe((snapshot) => {
    steps.push(...stepsBetween(before, snapshot, clock.now()));
    before = snapshot;
  });
  const play = { silent: false, generation: 0 };
  story.activate();
  for (let due: number | null = 0; due !== null && due < forMs; due = clock.next()) {
    clock.pass(due - clock.now());
    answer(story, faults, startMs, play);
  }
  return steps;
}

/** The plugin's side of the world, at one moment. */
function answer(
  story: Story,
  faults: Iterator<Fault>,
  startMs: number,
  play: { silent: boolean; generation: number },
): void {
  const { world, clock } = story;
  const { state, generation } = story.status();
  if (state === 'spawning' && generation !== play.generation) {
    play.generation = generation;
    play.silent = false;
    live(story, nextFault(faults, clock.now()), startMs, () => (play.silent = true));
  }
  if (world.isRunning('signal') && world.running('signal').detail === 'SIGKILL')
    exit(world, { signal: 'SIGKILL' });
  if (story.state() !== 'healthy' || play.silent) return;
  for (const probe of ['probe', 'redial'] as const)
    if (world.isRunning(probe)) world.running(probe).say({ type: 'probe.passed', ms: 0 });
}

function live(story: Story, fault: Fault | null, usualStartMs: number, fallSilent: () => void): void {
  const { world, clock } = story;
  const { generation } = story.status();
  const begunAt = clock.now();
  const inThisLife = (ms: number, deed: () => void): void => {
    if (ms === Infinity) return;
    clock.setTimeout(() => {
      if (story.status().generation === generation && world.isRunning('process')) deed();
    }, ms);
  };
  const startMs = fault?.startMs === undefined ? usualStartMs : (fault.startMs ?? Infinity);
  const { error, at, afterHealthyMs } = fault ?? {};
  const servesFirst =
    fault === null || afterHealthyMs !== undefined || (at !== undefined && at >= begunAt + startMs);
  if (servesFirst || error === undefined)
    world.running('process').say({ type: 'process.started', process: pretendedProcess(generation, begunAt) });
  const ready = (): void => {
    becomeHealthy(story);
  };
  if (servesFirst) inThisLife(startMs, ready);
  if (fault === null) return;
  const failsAfter = at === undefined ? startMs + (afterHealthyMs ?? 0) : at - begunAt;
  inThisLife(failsAfter, () => {
    if (fault.kind === 'hang') fallSilent();
    else if (!servesFirst && error !== undefined)
      failToSpawn(world, new PluginError({ code: error, message: 'pretended' }));
    else exit(world, fault.kind === 'signal' ? { signal: 'SIGSEGV' } : { code: fault.code ?? 1 });
  });
}

function becomeHealthy({ world }: Story): void {
  const handshake = {
    coreVersion: 1,
    appVersion: 1,
    network: 'unix',
    address: '/pretended',
    protocol: 'grpc',
    certificate: null,
    multiplexed: false,
  } as const;
  world.running('handshake').say({ type: 'handshake.read', handshake });
  world.running('dial').say({ type: 'channel.ready', channel: pretendedChannel() });
  world.running('probe').say({ type: 'probe.passed', ms: 0 });
  world.running('onActivate').say({ type: 'hook.returned', hooks: null });
}

function nextFault(faults: Iterator<Fault>, now: number): Fault | null {
  for (;;) {
    const next = faults.next();
    if (next.done === true) return null;
    if (next.value.at === undefined || next.value.at >= now) return next.value;
  }
}

/** What a change of the plugin's machine is called in a simulation. */
function stepsBetween(before: PluginSnapshot, after: PluginSnapshot, at: number): SimulationStep[] {
  const [from, to] = [pluginState(before), pluginState(after)];
  const { lastExit, wanted, because, pause, failedReason } = after.context;
  const isNew = from !== to || before.context.generation !== after.context.generation;
  if (from === 'crashed' && before.context.wanted && !wanted) return [{ type: 'rest', at }];
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
