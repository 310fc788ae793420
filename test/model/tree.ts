import { createActor, type ActorRefFrom, type AnyActorRef } from 'xstate';
import {
  createEnvironmentMachine,
  pluginRef,
  pluginState,
  pluginStatus,
  supervisorRef,
  supervisorStatus,
  type EnvironmentInput,
  type PluginEffects,
  type PluginMachine,
} from '../../src/machines/index.js';
import {
  rootGroup,
  type PluginStatus,
  type SupervisorReport,
  type SupervisorStatus,
} from '../../src/model/index.js';
import {
  createSimulatedClock,
  simulatedBundle,
  createEffectSimulator,
  type EffectSimulator,
  type SimulatedClock,
} from '../../src/testing/index.js';
import type { SpecifiedPlugin } from './tree-spec.js';

export type PluginRef = ActorRefFrom<PluginMachine>;
type Command = Parameters<ReturnType<typeof createRoot>['send']>[0];

/** The real tree with simulated effects. Only this file depends on how the tree is made. */
export interface Tree {
  readonly clock: SimulatedClock;
  readonly simulator: EffectSimulator;
  send(command: Command): void;
  /** `active`, `done`, or `error` when the environment broke. */
  status(): string;
  plugin(id: string): PluginRef | undefined;
  supervisor(name: string): AnyActorRef | undefined;
  /** What `env.tree()` answers. */
  tree(): SupervisorStatus;
}

/** Machines are costly to create and have no state: one serves all runs, with the effects of the current run. */
let currentRun: { readonly effects: PluginEffects; readonly random: number } | null = null;

const currentEffects = (): PluginEffects => {
  if (currentRun === null) throw new Error('No run is under way.');
  return currentRun.effects;
};
const delegatingEffects: PluginEffects = {
  now: () => currentEffects().now(),
  random: () => currentEffects().random(),
  sampleHost: (input) => currentEffects().sampleHost(input),
  process: (input) => currentEffects().process(input),
  pollProcess: (input) => currentEffects().pollProcess(input),
  logs: (input) => currentEffects().logs(input),
  handshake: (input) => currentEffects().handshake(input),
  dial: (input) => currentEffects().dial(input),
  connection: (input) => currentEffects().connection(input),
  probe: (input) => currentEffects().probe(input),
  redial: (input) => currentEffects().redial(input),
  greet: (input) => currentEffects().greet(input),
  watch: (input) => currentEffects().watch(input),
  onActivate: (input) => currentEffects().onActivate(input),
  onDeactivate: (input) => currentEffects().onDeactivate(input),
  stdio: (input) => currentEffects().stdio(input),
  broker: (input) => currentEffects().broker(input),
  drain: (input) => currentEffects().drain(input),
  shutdown: (input) => currentEffects().shutdown(input),
  signal: (input) => currentEffects().signal(input),
};
const machine = createEnvironmentMachine(delegatingEffects, { random: () => currentRun?.random ?? 0 });

function createRoot(clock: SimulatedClock, input: EnvironmentInput) {
  return createActor(machine, { clock, input });
}

/** `onReport` is called with each report of a supervisor to the embedder. */
export function createTree(
  random: number,
  input: EnvironmentInput,
  onReport: (report: SupervisorReport) => void,
): Tree {
  const clock = createSimulatedClock();
  const simulator = createEffectSimulator(clock, () => random);
  currentRun = { effects: simulator.effects, random };
  const root = createRoot(clock, input);
  // Without an observer XState throws internal errors globally.
  root.subscribe({ error: () => undefined });
  root.on('supervisor.reported', ({ report }) => {
    onReport(report);
  });
  root.start();
  return {
    clock,
    simulator,
    send: (command: Command) => {
      root.send(command);
      clock.flush();
    },
    status: () => root.getSnapshot().status,
    plugin: (id) => pluginRef(root.system, id),
    supervisor: (name) => supervisorRef(root.system, name),
    tree() {
      const ref = supervisorRef(root.system, rootGroup);
      if (ref === undefined) throw new Error('The tree has no root.');
      return supervisorStatus(ref, clock.now());
    },
  };
}

export const stateOf = (ref: PluginRef) => pluginState(ref.getSnapshot());
export const statusOf = (ref: PluginRef): PluginStatus => pluginStatus(ref.getSnapshot());

export function addEvent({ id, policy, group, requires, significant }: SpecifiedPlugin, generation: number) {
  const bundle = simulatedBundle(id, { requires });
  return { type: 'bundles.added' as const, bundles: [{ bundle, policy, generation, group, significant }] };
}
