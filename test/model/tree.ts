import { createActor, type ActorRefFrom } from 'xstate';
import {
  createEnvironmentMachine,
  pluginRef,
  pluginState,
  pluginStatus,
  type PluginEffects,
  type PluginMachine,
} from '../../src/machines/index.js';
import type { PluginStatus, SupervisionPolicy } from '../../src/model/index.js';
import {
  createSteppingClock,
  pretendedBundle,
  pretendWorld,
  type PretendedWorld,
  type SteppingClock,
} from '../../src/testing/index.js';

export type PluginRef = ActorRefFrom<PluginMachine>;
type Command = Parameters<Tree['send']>[0];

/** The real tree over a pretended world. All that the model knows of how the tree is made is in this file. */
export interface Tree {
  readonly clock: SteppingClock;
  readonly world: PretendedWorld;
  send(command: Parameters<ReturnType<typeof grow>['send']>[0]): void;
  /** `active`, `done`, or `error` when a supervisor broke. */
  status(): string;
  plugin(id: string): PluginRef | undefined;
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

function grow(clock: SteppingClock) {
  return createActor(machine, { clock, input: {} });
}

export function growTree(random: number): Tree {
  const clock = createSteppingClock();
  const world = pretendWorld(clock, () => random);
  present = { effects: world.effects, random };
  const root = grow(clock);
  // Else a defect would be thrown at whoever runs the model.
  root.subscribe({ error: () => undefined });
  root.start();
  return {
    clock,
    world,
    send: (command: Command) => {
      root.send(command);
    },
    status: () => root.getSnapshot().status,
    plugin: (id) => pluginRef(root.system, id),
  };
}

export const stateOf = (ref: PluginRef) => pluginState(ref.getSnapshot());
export const statusOf = (ref: PluginRef): PluginStatus => pluginStatus(ref.getSnapshot());

export function addition(id: string, policy: SupervisionPolicy, generation: number) {
  return { type: 'bundles.added' as const, bundles: [{ bundle: pretendedBundle(id), policy, generation }] };
}
