import {
  and,
  assign,
  createMachine,
  fromPromise,
  not,
  or,
  setup,
  stateIn,
  type AnyStateMachine,
} from 'xstate';
import { createEnvironmentMachine, createPluginMachine } from '../../../src/machines/index.js';
import { chartOf, type ChartState } from '../../../src/observe/index.js';
import { createEffectSimulator } from '../../../src/testing/index.js';

describe('the chart of a machine', () => {
  it('has its states and transitions in the order of definition', () => {
    const machine = setup({
      actors: { closer: fromPromise(() => Promise.resolve()) },
      actions: { creak: () => undefined, ring: () => undefined },
      guards: { isLocked: () => false, isStuck: () => false },
      delays: { draught: 10 },
    }).createMachine({
      id: 'door',
      description: 'A door.',
      initial: 'shut',
      states: {
        shut: {
          description: 'Nobody can pass.',
          on: {
            'door.push': { guard: not(and(['isLocked', 'isStuck'])), target: 'open', actions: ['creak'] },
            'door.knock': { actions: 'ring' },
          },
        },
        open: {
          initial: 'ajar',
          after: { draught: 'shut' },
          states: { ajar: { always: { guard: 'isStuck', target: '#door.gone' } }, wide: {} },
        },
        gone: { type: 'final', invoke: { src: 'closer', onDone: { target: 'shut' } } },
      },
    });
    expect(chartOf(machine)).toEqual({
      id: 'door',
      description: 'A door.',
      invokes: [],
      states: [
        state('door', 'shut', { description: 'Nobody can pass.', initial: true }),
        state('door', 'open', {
          type: 'compound',
          states: [state('door.open', 'ajar', { initial: true }), state('door.open', 'wide')],
        }),
        state('door', 'gone', { type: 'final', invokes: ['closer'] }),
      ],
      transitions: [
        {
          from: 'door.shut',
          to: 'door.open',
          event: 'door.push',
          guard: 'not (isLocked and isStuck)',
          actions: ['creak'],
        },
        { from: 'door.shut', to: null, event: 'door.knock', guard: null, actions: ['ring'] },
        { from: 'door.open', to: 'door.shut', event: 'after draught', guard: null, actions: [] },
        { from: 'door.open.ajar', to: 'door.gone', event: 'always', guard: 'isStuck', actions: [] },
        { from: 'door.gone', to: 'door.shut', event: 'closer done', guard: null, actions: [] },
      ],
    });
  });

  it.each([
    ['a sibling', 'b', 'm.a', 'm.b'],
    ['a state within a sibling', 'b.inner', 'm.a', 'm.b.inner'],
    ['a state within itself', '.inner', 'm.b', 'm.b.inner'],
    ['the id of a state', '#m.b.inner', 'm.a', 'm.b.inner'],
    ['an id that a state was given', '#special', 'm.a', 'special'],
  ])('resolves the target of a transition: %s', (_, target, from, to) => {
    const definition = { a: {}, b: { initial: 'inner', states: { inner: {} } }, c: { id: 'special' } };
    const written =
      from === 'm.a' ? { a: { on: { go: target } } } : { b: { ...definition.b, on: { go: target } } };
    const machine = createMachine({ id: 'm', initial: 'a', states: { ...definition, ...written } });
    expect(chartOf(machine).transitions).toEqual([{ from, to, event: 'go', guard: null, actions: [] }]);
  });

  it.each([
    [{ on: { '*': 'b' } }, 'any event'],
    [{ on: { 'xstate.error.actor.*': 'b' } }, 'any actor failed'],
    [{ after: { 1500: 'b' } }, 'after 1500 ms'],
    [{ always: 'b' }, 'always'],
    [{ invoke: { src: 'clerk', onError: 'b' } }, 'clerk failed'],
    [{ invoke: { src: 'clerk', onSnapshot: 'b' } }, 'clerk changed'],
    [{ initial: 'x', states: { x: { type: 'final' as const } }, onDone: 'b' }, 'done'],
  ])('labels the event type %j', (written, event) => {
    const machine = createMachine({ id: 'm', initial: 'a', states: { a: written, b: {} } });
    expect(chartOf(machine).transitions.map((transition) => transition.event)).toEqual([event]);
  });

  it('distinguishes guards of the same name by their params', () => {
    const guarded = (next: string) => ({ guard: { type: 'isNext', params: { next } }, target: 'b' });
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: { a: { on: { go: [guarded('rest'), guarded('work')] } }, b: {} },
    });
    expect(chartOf(machine).transitions.map(({ guard }) => guard)).toEqual(['isNext rest', 'isNext work']);
  });

  it('labels combined and inline guards and actions', () => {
    const machine = createMachine({
      id: 'm',
      on: {
        one: { guard: or(['x', and(['y', not('z')])]), actions: assign({}) },
        two: { guard: { type: 'x', params: { a: 1 } }, actions: () => undefined },
        three: {
          guard: () => true,
          actions: function leave() {
            return undefined;
          },
        },
        four: { guard: stateIn('b') },
      },
    });
    expect(chartOf(machine).transitions.map(({ guard, actions }) => [guard, ...actions])).toEqual([
      ['x or (y and not z)', 'assign'],
      ['x 1', 'inline'],
      ['inline', 'leave'],
      ['in b'],
    ]);
  });

  it('recognises combined guards by evaluation, as a bundler may rename functions', () => {
    const guard = and(['x', 'y']);
    Object.defineProperty(guard, 'name', { value: 'a' });
    const machine = createMachine({ id: 'm', on: { go: { guard } } });
    expect(chartOf(machine).transitions[0]?.guard).toBe('x and y');
  });

  it('has every state and every transition of the plugin machine', () => {
    const machine = createPluginMachine(createEffectSimulator({ now: () => 0 }).effects);
    const chart = chartOf(machine);
    expect(idsOf(chart.states)).toEqual(idsOfMachine(machine));
    expect(chart.transitions.map(({ from, to }) => `${from} > ${to ?? ''}`).sort()).toEqual(
      edgesOfMachine(machine),
    );
    expect(chart.transitions).toContainEqual({
      from: 'plugin.live',
      to: 'plugin.idle',
      event: 'process.exited',
      guard: 'isCurrent and (isAttaching or not isWanted)',
      actions: ['recordExit', 'unwant'],
    });
  });

  it('has the root transitions of the environment machine', () => {
    const { effects } = createEffectSimulator({ now: () => 0 });
    const chart = chartOf(createEnvironmentMachine(effects, { random: () => 0 }));
    expect(chart.transitions.filter(({ from }) => from === 'environment').map(({ event }) => event)).toEqual([
      'environment.check',
      'plugin.spawned',
      'supervisor.reported',
      'supervisor.gaveUp',
      'subtree.cleared',
      'any actor failed',
    ]);
    expect(chart.transitions).toContainEqual({
      from: 'environment.stopping',
      to: 'environment.stopped',
      event: 'environment.allStopped',
      guard: null,
      actions: [],
    });
  });
});

function state(parent: string, name: string, more: Partial<ChartState> = {}): ChartState {
  const path = [...parent.split('.').slice(1), name];
  const plain = { description: null, type: 'atomic', initial: false, invokes: [], states: [] } as const;
  return { ...plain, id: `${parent}.${name}`, name, path, ...more };
}

function idsOf(states: readonly ChartState[]): string[] {
  return states.flatMap(({ id, states: inner }) => [id, ...idsOf(inner)]);
}

/** The state nodes that XState makes of the definition. */
type StateNode = AnyStateMachine['root'];

function nodesOf(node: StateNode): StateNode[] {
  return [node, ...Object.values(node.states).flatMap(nodesOf)];
}

function idsOfMachine({ root }: AnyStateMachine): string[] {
  return nodesOf(root)
    .slice(1)
    .map(({ id }) => id);
}

function edgesOfMachine({ root }: AnyStateMachine): string[] {
  return nodesOf(root)
    .flatMap((node) => [...[...node.transitions.values()].flat(), ...(node.always ?? [])])
    .map(({ source, target }) => `${source.id} > ${target?.[0]?.id ?? ''}`)
    .sort();
}
