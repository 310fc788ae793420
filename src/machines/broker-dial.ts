import { assign, setup } from 'xstate';
import { PluginError } from '../model/index.js';
import type {
  AnnouncementFact,
  AnnouncementInput,
  BrokerDialEffects,
  BrokeredFact,
  BrokeredInput,
} from './broker-dial.effects.js';
import { lift, type EffectBroke, type Stamped } from './lift.js';

/** go-plugin waits as long, and keeps an announcement as long. */
const announcementTimeoutMs = 5000;
const connectTimeoutMs = 5000;
/** On a multiplexed connection one dial is made at a time: as long as a dozen before it that nobody answers. */
const queueTimeoutMs = 60_000;

interface BrokerDialContext {
  readonly input: AnnouncementInput;
  readonly announcement: BrokeredInput['announcement'] | null;
  readonly brokered: object | null;
  readonly error: PluginError | null;
}

/** How a dial has gone: exactly one of the two is there. */
export type BrokerDialOutput = Pick<BrokerDialContext, 'brokered' | 'error'>;

/** One dial through a plugin's broker: the announcement, then the connection, each with its deadline. */
export function createBrokerDialMachine(effects: BrokerDialEffects) {
  return setup({
    types: {} as {
      context: BrokerDialContext;
      events: Stamped<AnnouncementFact | BrokeredFact> | EffectBroke;
      input: AnnouncementInput;
      output: BrokerDialOutput;
    },
    actors: {
      announcement: lift(effects.announcement.bind(effects)),
      brokered: lift(effects.brokered.bind(effects)),
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
      noteSilence: assign(({ context }) => ({ error: unannounced(context.input) })),
      noteQueue: assign(({ context }) => ({ error: outwaited(context.input) })),
      noteDelay: assign(({ context }) => ({ error: unanswered(context) })),
    },
  }).createMachine({
    id: 'brokerDial',
    description: 'One connection to something that a plugin serves beside its main services.',
    context: ({ input }) => ({ input, announcement: null, brokered: null, error: null }),
    initial: 'waiting',
    on: {
      'broker.refused': { target: '.over', actions: 'noteError' },
      'effect.broke': { target: '.over', actions: 'noteError' },
    },
    states: {
      waiting: {
        description: 'The plugin has not yet said where it serves the id.',
        invoke: { src: 'announcement', input: ({ context }) => context.input },
        on: { 'broker.announced': { target: 'connecting', actions: 'noteAnnouncement' } },
        after: { announcementTimeout: { target: 'over', actions: 'noteSilence' } },
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
        on: { 'broker.connected': { target: 'over', actions: 'noteConnection' } },
        initial: 'dialling',
        states: {
          dialling: {
            on: { 'broker.queued': 'queued' },
            after: { connectTimeout: { target: '#brokerDial.over', actions: 'noteDelay' } },
          },
          queued: {
            description: 'Other dials come first, one after the other.',
            on: { 'broker.dialling': 'dialling' },
            after: { queueTimeout: { target: '#brokerDial.over', actions: 'noteQueue' } },
          },
        },
      },
      over: { type: 'final' },
    },
    output: ({ context: { brokered, error } }) => ({ brokered, error }),
  });
}

function unannounced({ plugin, id }: AnnouncementInput): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The plugin has not announced id ${id} within ${announcementTimeoutMs} ms.`,
    hint: 'Let the plugin serve an id before it hands it out; each announcement is good for one dial.',
    facts: { id },
  });
}

function outwaited({ plugin, id }: AnnouncementInput): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The dial to id ${id} did not get its turn within ${queueTimeoutMs} ms.`,
    hint: 'On a multiplexed connection dials come one after the other: too many ids before it were not answered.',
    facts: { id },
  });
}

function unanswered({ input: { plugin, id }, announcement }: BrokerDialContext): PluginError {
  return new PluginError({
    code: 'BROKER_TIMEOUT',
    plugin,
    phase: 'serving',
    message: `The plugin did not answer within ${connectTimeoutMs} ms on id ${id}.`,
    hint: 'It serves nothing on that id, or accepts connections there and does not serve them.',
    facts: { id, ...announcement },
  });
}
