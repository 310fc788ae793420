import { createActor, setup, stopChild, type AnyActorRef } from 'xstate';
import { indexDelays } from '../../src/machines/index.js';
import { createSimulatedClock } from '../../src/testing/index.js';

const child = setup({}).createMachine({
  initial: 'waiting',
  states: { waiting: { after: { 1000: 'pausing' } }, pausing: { after: { 500: 'waiting' } } },
});
const parent = setup({ actors: { child } }).createMachine({
  invoke: ['one', 'other'].map((id) => ({ src: 'child' as const, id, systemId: id })),
  on: { drop: { actions: stopChild('one') } },
});

function begin() {
  const clock = createSimulatedClock();
  const root = createActor(parent, { clock });
  const { system } = root;
  indexDelays(root);
  root.start();
  return { clock, root, system, delays: () => Object.keys(system.getSnapshot()._scheduledEvents) };
}

describe('the delays of an actor', () => {
  it('end with it, and those of other actors do not', () => {
    const { clock, root, system, delays } = begin();
    clock.advance(1000);
    expect(delays()).toHaveLength(2);
    root.send({ type: 'drop' });
    expect(delays()).toHaveLength(1);
    clock.advance(500);
    expect((system.get('other') as AnyActorRef).getSnapshot()).toMatchObject({ value: 'waiting' });
  });

  it('are cancelled by XState through the method that is replaced', () => {
    const { root, system } = begin();
    const asked: AnyActorRef[] = [];
    const cancelAll = system.scheduler.cancelAll.bind(system.scheduler);
    system.scheduler.cancelAll = (source) => {
      asked.push(source);
      cancelAll(source);
    };
    const one = system.get('one') as AnyActorRef;
    root.send({ type: 'drop' });
    expect(asked).toEqual([one]);
  });
});
