import { assign, setup } from 'xstate';

/** The context of the model. */
export interface ModelContext {
  readonly wanted: boolean;
  /** Wanted again while it was stopping. */
  readonly again: boolean;
  /** Failures that count. */
  readonly failures: number;
}

const eventTypes = [
  'activate',
  'deactivate',
  'restart',
  'spawned',
  'not spawned',
  'not there',
  'line read',
  'line refused',
  'connected',
  'not connected yet',
  'not connected',
  'serving',
  'not serving',
  'activated',
  'not activated',
  'silent',
  'out of patience',
  'drained',
  'deactivated',
  'has no controller',
  'exit',
  'deadline',
  'pause over',
] as const;

export interface ModelEvent {
  readonly type: (typeof eventTypes)[number];
}

/** Restarts that the policy of the model allows. */
export const intensity = 1;

const toDecision = [
  { guard: 'isUnwanted', target: '#model.idle' },
  { guard: 'isWantedAgain', target: '#model.spawning', actions: 'begin' },
  { guard: 'isWithinBudget', target: '#model.restarting', actions: 'fail' },
  { target: '#model.failed', actions: 'fail' },
] as const;
/** What is not tried again: the bundle lacks its program, or the process cannot be ended. */
const afterUnrecoverable = [
  { guard: 'isUnwanted', target: '#model.idle' },
  { target: '#model.failed', actions: 'fail' },
] as const;

/**
 * The documented life cycle of a plugin, without effects and timers, which are events here. It is written from the
 * page on the life cycle, not from the machine, and the machine is compared with it.
 */
export const pluginModel = setup({
  types: {} as { context: ModelContext; events: ModelEvent },
  guards: {
    isUnwanted: ({ context }) => !context.wanted,
    isWanted: ({ context }) => context.wanted,
    isWantedAgain: ({ context }) => context.again,
    isWithinBudget: ({ context }) => context.failures < intensity,
  },
  actions: {
    want: assign({ wanted: true, failures: 0 }),
    wantAgain: assign({ wanted: true, again: true, failures: 0 }),
    wantAgainWithFailures: assign({ wanted: true, again: true }),
    keepWanting: assign({ wanted: true }),
    unwant: assign({ wanted: false, again: false }),
    begin: assign({ again: false }),
    // A history needs one failure more than the intensity.
    fail: assign({ failures: ({ context }) => Math.min(context.failures, intensity) + 1, again: false }),
  },
}).createMachine({
  id: 'model',
  context: { wanted: false, again: false, failures: 0 },
  initial: 'idle',
  states: {
    idle: {
      entry: 'unwant',
      on: {
        activate: { target: 'spawning', actions: 'want' },
        restart: { target: 'spawning', actions: 'keepWanting' },
        deactivate: {},
      },
    },
    spawning: {
      on: {
        activate: { actions: 'want' },
        restart: { actions: 'keepWanting' },
        deactivate: { actions: 'unwant' },
        spawned: [{ guard: 'isWanted', target: 'handshaking' }, { target: 'stopping.killing' }],
        'not spawned': toDecision,
        'not there': afterUnrecoverable,
        deadline: toDecision,
      },
    },
    handshaking: {
      initial: 'reading',
      on: {
        activate: { actions: 'want' },
        exit: toDecision,
        deadline: 'stopping.killing',
      },
      states: {
        reading: {
          on: {
            'line read': 'dialling',
            'line refused': '#model.stopping.killing',
            deactivate: { target: '#model.stopping.terminating', actions: 'unwant' },
            restart: { target: '#model.stopping.terminating', actions: 'wantAgainWithFailures' },
          },
        },
        dialling: {
          on: {
            connected: 'probing',
            'not connected yet': 'dialBackoff',
            'not connected': '#model.stopping.killing',
            deactivate: { target: '#model.stopping.terminating', actions: 'unwant' },
            restart: { target: '#model.stopping.terminating', actions: 'wantAgainWithFailures' },
          },
        },
        dialBackoff: {
          on: {
            'pause over': 'dialling',
            deactivate: { target: '#model.stopping.terminating', actions: 'unwant' },
            restart: { target: '#model.stopping.terminating', actions: 'wantAgainWithFailures' },
          },
        },
        probing: {
          on: {
            serving: 'activating',
            'not serving': 'probeBackoff',
            deactivate: { target: '#model.stopping.requestingShutdown', actions: 'unwant' },
            restart: { target: '#model.stopping.requestingShutdown', actions: 'wantAgainWithFailures' },
          },
        },
        probeBackoff: {
          on: {
            'pause over': 'probing',
            deactivate: { target: '#model.stopping.requestingShutdown', actions: 'unwant' },
            restart: { target: '#model.stopping.requestingShutdown', actions: 'wantAgainWithFailures' },
          },
        },
        activating: {
          on: {
            activated: '#model.healthy',
            'not activated': '#model.stopping.requestingShutdown',
            deactivate: { target: '#model.stopping.requestingShutdown', actions: 'unwant' },
            restart: { target: '#model.stopping.requestingShutdown', actions: 'wantAgainWithFailures' },
          },
        },
      },
    },
    healthy: {
      initial: 'ready',
      on: {
        activate: { actions: 'want' },
        deactivate: { target: 'stopping.draining', actions: 'unwant' },
        restart: { target: 'stopping.draining', actions: 'wantAgainWithFailures' },
        silent: 'stopping.terminating',
        exit: toDecision,
      },
      states: {
        ready: { on: { 'not serving': 'unready' } },
        unready: { on: { serving: 'ready', 'out of patience': '#model.stopping.requestingShutdown' } },
      },
    },
    stopping: {
      initial: 'draining',
      on: {
        activate: { actions: 'wantAgain' },
        restart: { actions: 'wantAgainWithFailures' },
        deactivate: { actions: 'unwant' },
        exit: toDecision,
      },
      states: {
        draining: { on: { drained: 'deactivating', deadline: 'deactivating' } },
        deactivating: { on: { deactivated: 'requestingShutdown', deadline: 'requestingShutdown' } },
        requestingShutdown: { on: { 'has no controller': 'terminating', deadline: 'terminating' } },
        terminating: { on: { deadline: 'killing' } },
        killing: { on: { deadline: afterUnrecoverable } },
      },
    },
    restarting: {
      on: {
        activate: { target: 'spawning', actions: 'want' },
        restart: { target: 'spawning', actions: 'keepWanting' },
        deactivate: 'idle',
        'pause over': 'spawning',
      },
    },
    failed: {
      on: {
        activate: { target: 'spawning', actions: 'want' },
        restart: { target: 'spawning', actions: 'keepWanting' },
        deactivate: 'idle',
      },
    },
  },
});

/** Every event of the model. */
export const modelEvents: readonly ModelEvent[] = eventTypes.map((type) => ({ type }));
