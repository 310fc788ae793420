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
  createSteppingClock,
  pretendedBundle,
  pretendWorld,
  type PretendedWorld,
  type SteppingClock,
} from '../../src/testing/index.js';
import type { Planted } from './planting.js';

export type PluginRef = ActorRefFrom<PluginMachine>;
type Command = Parameters<ReturnType<typeof grow>['send']>[0];

/** The real tree over a pretended world. All that the model knows of how the tree is made is in this file. */
export interface Tree {
  readonly clock: SteppingClock;
  readonly world: PretendedWorld;
  send(command: Command): void;
  /** `active`, `done`, or `error` when the environment broke. */
  status(): string;
  plugin(id: string): PluginRef | undefined;
  supervisor(name: string): AnyActorRef | undefined;
  /** What `env.tree()` answers. */
  tree(): SupervisorStatus;
}

/** Machines are costly to make and know nothing of a run: one serves all, over the world of the run under way. */
let present: { readonly effects: PluginEffects; readonly random: number } | null = null;

const reached = (): PluginEffects => {
  if (present === null) throw new Error('No run is under way.');
  return present.effects;
};
const passedOn: PluginEffects = {
  now: () => reached().now(),
  random: () => reached().random(),
  reading: (input) => reached().reading(input),
  process: (input) => reached().process(input),
  look: (input) => reached().look(input),
  logs: (input) => reached().logs(input),
  handshake: (input) => reached().handshake(input),
  dial: (input) => reached().dial(input),
  connection: (input) => reached().connection(input),
  probe: (input) => reached().probe(input),
  redial: (input) => reached().redial(input),
  watch: (input) => reached().watch(input),
  onActivate: (input) => reached().onActivate(input),
  onDeactivate: (input) => reached().onDeactivate(input),
  stdio: (input) => reached().stdio(input),
  broker: (input) => reached().broker(input),
  drain: (input) => reached().drain(input),
  shutdown: (input) => reached().shutdown(input),
  signal: (input) => reached().signal(input),
};
const machine = createEnvironmentMachine(passedOn, { random: () => present?.random ?? 0 });

function grow(clock: SteppingClock, input: EnvironmentInput) {
  return createActor(machine, { clock, input });
}

/** `reported` hears what supervisors tell the embedder, at the moment at which they do. */
export function growTree(
  random: number,
  input: EnvironmentInput,
  reported: (report: SupervisorReport) => void,
): Tree {
  const clock = createSteppingClock();
  const world = pretendWorld(clock, () => random);
  present = { effects: world.effects, random };
  const root = grow(clock, input);
  // Else a defect would be thrown at whoever runs the model.
  root.subscribe({ error: () => undefined });
  root.on('supervisor.reported', ({ report }) => {
    reported(report);
  });
  root.start();
  return {
    clock,
    world,
    send: (command: Command) => {
      root.send(command);
      clock.settle();
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

export function addition({ id, policy, group, requires, significant }: Planted, generation: number) {
  const bundle = pretendedBundle(id, { requires });
  return { type: 'bundles.added' as const, bundles: [{ bundle, policy, generation, group, significant }] };
}
