import { Observable, Subject } from 'rxjs';
import { createActor, SimulatedClock } from 'xstate';
import {
  createBrokerDialMachine,
  type AnnouncementEvent,
  type BrokeredEvent,
} from '../../../src/machines/index.js';
import { PluginError } from '../../../src/model/index.js';
import { simulatedChannel } from '../../../src/testing/index.js';

function dial() {
  const announcement = new Subject<AnnouncementEvent>();
  const brokered = new Subject<BrokeredEvent>();
  const clock = new SimulatedClock();
  const machine = createBrokerDialMachine({
    announcement: () => new Observable((subscriber) => announcement.subscribe(subscriber)),
    brokered: () => new Observable((subscriber) => brokered.subscribe(subscriber)),
  });
  const input = { plugin: 'hero', generation: 1, channel: simulatedChannel(), id: 7 };
  const actor = createActor(machine, { clock, input }).start();
  const announced = { type: 'broker.announced', announcement: { network: 'unix', address: '/x' } } as const;
  return { announcement, brokered, clock, actor, announced };
}

describe('a dial through the broker', () => {
  it('waits for the announcement, connects, and ends with the connection', () => {
    const { actor, announcement, brokered, announced } = dial();
    expect(actor.getSnapshot().value).toBe('awaitingAnnouncement');
    announcement.next(announced);
    expect(actor.getSnapshot().value).toEqual({ connecting: 'dialling' });
    const connection = {};
    brokered.next({ type: 'broker.connected', brokered: connection });
    expect(actor.getSnapshot().output).toEqual({ brokered: connection, error: null });
    expect(announcement.observed || brokered.observed).toBe(false);
  });

  it('gives up after five seconds without an announcement', () => {
    const { actor, announcement, clock } = dial();
    clock.increment(4999);
    expect(actor.getSnapshot().status).toBe('active');
    clock.increment(1);
    expect(actor.getSnapshot().output?.error).toMatchObject({
      code: 'BROKER_TIMEOUT',
      plugin: 'hero',
      message: expect.stringContaining('has not announced id 7') as string,
    });
    expect(announcement.observed).toBe(false);
  });

  it('gives up after five more seconds without a connection', () => {
    const { actor, announcement, brokered, clock, announced } = dial();
    clock.increment(4000);
    announcement.next(announced);
    clock.increment(4999);
    expect(actor.getSnapshot().status).toBe('active');
    clock.increment(1);
    expect(actor.getSnapshot().output?.error).toMatchObject({
      code: 'BROKER_TIMEOUT',
      facts: { id: 7, network: 'unix', address: '/x' },
    });
    expect(brokered.observed).toBe(false);
  });

  it('has its five seconds from its own beginning, where other dials come first', () => {
    const { actor, announcement, brokered, clock, announced } = dial();
    announcement.next(announced);
    brokered.next({ type: 'broker.queued' });
    clock.increment(59_999);
    expect(actor.getSnapshot().value).toEqual({ connecting: 'queued' });
    brokered.next({ type: 'broker.dialling' });
    clock.increment(4999);
    expect(actor.getSnapshot().status).toBe('active');
    clock.increment(1);
    expect(actor.getSnapshot().output?.error).toMatchObject({
      code: 'BROKER_TIMEOUT',
      message: 'The plugin did not answer within 5000 ms on id 7.',
    });
  });

  it('gives up when it is queued for too long', () => {
    const { actor, announcement, brokered, clock, announced } = dial();
    announcement.next(announced);
    brokered.next({ type: 'broker.queued' });
    clock.increment(60_000);
    expect(actor.getSnapshot().output?.error).toMatchObject({
      code: 'BROKER_TIMEOUT',
      message: 'The dial to id 7 was queued for 60000 ms.',
    });
    expect(brokered.observed).toBe(false);
  });

  it.each(['awaitingAnnouncement', 'connecting'])('ends with the reason of a refusal while %s', (state) => {
    const { actor, announcement, brokered, announced } = dial();
    const error = new PluginError({ code: 'BROKER_REFUSED', message: 'no' });
    if (state === 'connecting') announcement.next(announced);
    (state === 'connecting' ? brokered : announcement).next({ type: 'broker.refused', error });
    expect(actor.getSnapshot().output).toEqual({ brokered: null, error });
  });

  it('reports an internal error of an effect instead of waiting for it', () => {
    const { actor, announcement } = dial();
    announcement.error(new Error('broken'));
    expect(actor.getSnapshot().output?.error).toMatchObject({ code: 'INTERNAL' });
  });
});
