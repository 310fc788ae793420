import { assign, setup } from 'xstate';
import { PluginError } from '../../model/index.js';
import type { Observable } from 'rxjs';
import type { ChannelInput } from '../effects.js';
import { fromEffect, type EffectErroredEvent, type OfGeneration } from '../from-effect.js';

/** The input of `announcement`: the broker id. */
export interface AnnouncementInput extends ChannelInput {
  readonly id: number;
}

/** The input of `brokered`. */
export interface BrokeredInput extends AnnouncementInput {
  readonly announcement: { readonly network: string; readonly address: string };
}

/** The events of `announcement`. */
export type AnnouncementEvent =
  | { readonly type: 'broker.announced'; readonly announcement: BrokeredInput['announcement'] }
  | { readonly type: 'broker.refused'; readonly error: PluginError };

/** The events of `brokered`. */
export type BrokeredEvent =
  /** Other dials come first; they do not use up this one's timeout. */
  | { readonly type: 'broker.queued' }
  /** This dial is being made. */
  | { readonly type: 'broker.dialling' }
  /** `brokered` is a gRPC channel, which only the effects and the embedder can use. */
  | { readonly type: 'broker.connected'; readonly brokered: object }
  | { readonly type: 'broker.refused'; readonly error: PluginError };

/** The effects of one dial through a plugin's broker. */
export interface BrokerDialEffects {
  /** Waits until the plugin has announced the address of an id. */
  announcement(input: AnnouncementInput): Observable<AnnouncementEvent>;
  /** Connects to the announced address. */
  brokered(input: BrokeredInput): Observable<BrokeredEvent>;
}

/** go-plugin's own timeout, for which it also keeps an announcement. In milliseconds, as those below. */
const announcementTimeoutMs = 5000;
const connectTimeoutMs = 5000;
/** Multiplexed dials are made one at a time: long enough for a dozen unanswered dials before this one. */
const queueTimeoutMs = 60_000;

interface BrokerDialContext {
  readonly input: AnnouncementInput;
  readonly announcement: BrokeredInput['announcement'] | null;
  readonly brokered: object | null;
  readonly error: PluginError | null;
}

/** The result of a dial: exactly one of the two is not `null`. */
export type BrokerDialOutput = Pick<BrokerDialContext, 'brokered' | 'error'>;

/** One dial through a plugin's broker: the announcement, then the connection, each with its deadline. */
export function createBrokerDialMachine(effects: BrokerDialEffects) {
  return setup({
    types: {} as {
      context: BrokerDialContext;
      events: OfGeneration<AnnouncementEvent | BrokeredEvent> | EffectErroredEvent;
      input: AnnouncementInput;
      output: BrokerDialOutput;
    },
    actors: {
      announcement: fromEffect(effects.announcement.bind(effects)),
      brokered: fromEffect(effects.brokered.bind(effects)),
    },
    delays: {
      announcementTimeout: announcementTimeoutMs,
      connectTimeout: connectTimeoutMs,
      queueTimeout: queueTimeoutMs,
    },
    actions: {
      noteAnnouncement: assign(({ event }) =>
        event.type === 'broker.announced' ? { announcement: event.announcement } : {},
      ),
      noteConnection: assign(({ event }) =>
        event.type === 'broker.connected' ? { brokered: event.brokered } : {},
      ),
      noteError: assign(({ event }) => ('error' in event ? { error: event.error } : {})),
      noteAnnouncementTimeout: assign(({ context }) => ({ error: announcementTimeoutError(context.input) })),
      noteQueueTimeout: assign(({ context }) => ({ error: queueTimeoutError(context.input) })),
      noteConnectTimeout: assign(({ context }) => ({ error: connectTimeoutError(context) })),
    },
  }).createMachine({
    id: 'brokerDial',
    description: 'One connection to a service that a plugin serves through its broker.',
    context: ({ input }) => ({ input, announcement: null, brokered: null, error: null }),
    initial: 'awaitingAnnouncement',
    on: {
      'broker.refused': { target: '.done', actions: 'noteError' },
      'effect.errored': { target: '.done', actions: 'noteError' },
    },
    states: {
      awaitingAnnouncement: {
        description: 'The plugin has not announced the address of the id yet.',
        invoke: { src: 'announcement', input: ({ context }) => context.input },
        on: { 'broker.announced': { target: 'connecting', actions: 'noteAnnouncement' } },
        after: { announcementTimeout: { target: 'done', actions: 'noteAnnouncementTimeout' } },
      },
      connecting: {
        description: 'The announced address is being dialled.',
        invoke: {
          src: 'brokered',
          input: ({ context: { input, announcement } }) => ({
            ...input,
            announcement: announcement ?? { network: '', address: '' },
          }),
        },
        on: { 'broker.connected': { target: 'done', actions: 'noteConnection' } },
        initial: 'dialling',
        states: {
          dialling: {
            on: { 'broker.queued': 'queued' },
            after: { connectTimeout: { target: '#brokerDial.done', actions: 'noteConnectTimeout' } },
          },
          queued: {
            description: 'Other dials come first, one after the other.',
            on: { 'broker.dialling': 'dialling' },
            after: { queueTimeout: { target: '#brokerDial.done', actions: 'noteQueueTimeout' } },
          },
        },
      },
      done: { type: 'final' },
    },
    output: ({ context: { brokered, error } }) => ({ brokered, error }),
  });
}

function announcementTimeoutError({ plugin, id }: AnnouncementInput): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The plugin has not announced id ${id} within ${announcementTimeoutMs} ms.`,
    hint: 'Let the plugin serve an id before it hands it out; each announcement is good for one dial.',
    facts: { id },
  });
}

function queueTimeoutError({ plugin, id }: AnnouncementInput): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The dial to id ${id} was queued for ${queueTimeoutMs} ms.`,
    hint: 'On a multiplexed connection dials are made one after the other: too many ids before it were not answered.',
    facts: { id },
  });
}

function connectTimeoutError({ input: { plugin, id }, announcement }: BrokerDialContext): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The plugin did not answer within ${connectTimeoutMs} ms on id ${id}.`,
    hint: 'It serves nothing on that id, or accepts connections there and does not serve them.',
    facts: { id, ...announcement },
  });
}
