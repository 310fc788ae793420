import { setupHealth, initialHealthContext } from './setup.js';
import type { PluginEffects } from '../effects.js';

/**
 * Monitors one healthy generation. Liveness and readiness are separate: a plugin that answers NOT_SERVING is alive. The
 * machine reports to the plugin machine, and ends liveness or readiness with `health.lost`.
 */
export function createHealthMachine(effects: PluginEffects) {
  return setupHealth(effects).createMachine({
    id: 'health',
    description: 'Liveness and readiness of one healthy generation.',
    context: ({ input }) => initialHealthContext(input, effects),
    type: 'parallel',
    on: {
      'health.check': {
        actions: { type: 'noteCheckRequest', params: ({ event }) => ({ number: event.number }) },
      },
      'health.setPolicy': {
        actions: { type: 'notePolicy', params: ({ event }) => ({ policy: event.policy }) },
      },
    },
    states: {
      liveness: {
        description: 'Does it answer?',
        initial: 'betweenProbes',
        on: {
          'channel.lost': {
            target: '.disconnected',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
        },
        states: {
          betweenProbes: {
            description: 'The last probe was answered; the next one follows after the interval.',
            always: { guard: 'isCheckRequested', target: 'checking' },
            after: { interval: 'checking' },
          },
          checking: {
            description: 'A probe is under way.',
            initial: 'choosing',
            entry: 'startProbe',
            on: {
              'probe.passed': {
                target: 'betweenProbes',
                actions: [{ type: 'reportPass', params: ({ event }) => event }, 'clearMisses'],
              },
              'probe.failed': [
                {
                  guard: { type: 'isNotServing', params: ({ event }) => ({ error: event.error }) },
                  target: 'betweenProbes',
                  actions: [
                    { type: 'reportNotServing', params: ({ event }) => ({ error: event.error }) },
                    'clearMisses',
                  ],
                },
                {
                  guard: { type: 'isAnswered', params: ({ event }) => ({ grpcCode: event.grpcCode }) },
                  target: 'betweenProbes',
                  actions: [
                    { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
                    { type: 'noteExcuse', params: { why: 'answered' } },
                    'reportExcuse',
                    'clearMisses',
                  ],
                },
                {
                  target: 'awaitingExit',
                  actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
                },
              ],
              'effect.errored': {
                target: 'awaitingExit',
                actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              },
            },
            after: { probeTimeout: { target: 'missed', actions: 'noteProbeTimeout' } },
            states: {
              choosing: { always: [{ guard: 'isFreshDialDue', target: 'redialling' }, 'probing'] },
              probing: {
                description: 'Over the connection that calls use.',
                entry: { type: 'noteFreshness', params: { isFresh: false } },
                invoke: { src: 'probe', input: ({ context }) => context },
              },
              redialling: {
                description: 'Over a new connection: does the plugin still accept connections?',
                entry: { type: 'noteFreshness', params: { isFresh: true } },
                invoke: { src: 'redial', input: ({ context }) => context },
              },
            },
          },
          awaitingExit: {
            description: 'A probe failed; the exit of the process may follow.',
            after: { exitGracePeriod: 'missed' },
          },
          missed: {
            description: 'The probe was missed; is the miss excused?',
            entry: 'decideMiss',
            always: [
              { guard: 'isExcused', target: 'excused' },
              { guard: 'isVerified', target: 'greeting' },
              'counted',
            ],
          },
          greeting: {
            description: 'Calls are in flight: does the plugin greet a new connection, though it is busy?',
            invoke: { src: 'greet', input: ({ context }) => context },
            on: {
              'greeting.received': {
                target: 'excused',
                actions: { type: 'noteExcuse', params: { why: 'busyPlugin' } },
              },
              'greeting.failed': 'counted',
              'effect.errored': 'counted',
            },
            after: { probeTimeout: 'counted' },
          },
          excused: {
            description: 'The miss does not count; the next probe follows after the retry interval.',
            entry: ['countExcuse', 'reportExcuse'],
            always: { guard: 'isCheckRequested', target: 'checking' },
            after: { retryInterval: 'checking' },
          },
          counted: {
            description: 'The miss counts; the next probe follows after the retry interval.',
            entry: ['countMiss', 'reportMiss'],
            always: [
              { guard: 'isLost', target: 'lost' },
              { guard: 'isCheckRequested', target: 'checking' },
            ],
            after: { retryInterval: 'checking' },
          },
          disconnected: {
            description: 'Its only connection has ended; the exit of the process may follow.',
            on: { 'channel.lost': {} },
            after: { exitGracePeriod: 'lost' },
          },
          lost: {
            description: 'Too many probes in a row were missed, or the plugin cannot be reached any more.',
            type: 'final',
            entry: 'reportLost',
          },
        },
      },
      readiness: {
        description: 'Does it report that it can serve?',
        initial: 'ready',
        states: {
          ready: {
            description: 'Its last answer is SERVING.',
            on: {
              'probe.failed': {
                guard: { type: 'isNotServing', params: ({ event }) => ({ error: event.error }) },
                target: 'unready',
                actions: { type: 'noteNotServing', params: ({ event }) => ({ error: event.error }) },
              },
              'watch.notServing': {
                target: 'unready',
                actions: { type: 'noteNotServing', params: ({ event }) => ({ error: event.error }) },
              },
            },
          },
          unready: {
            description: 'Its last answer is NOT_SERVING; calls still reach it.',
            entry: 'reportUnready',
            on: {
              'probe.passed': { target: 'ready', actions: ['clearNotServing', 'reportReady'] },
              'watch.serving': { target: 'ready', actions: ['clearNotServing', 'reportReady'] },
            },
            after: { notServingTimeout: { guard: 'isNotServingBounded', target: 'lost' } },
          },
          lost: {
            description: 'It has been NOT_SERVING for too long.',
            type: 'final',
            entry: 'reportNotServingTimeout',
          },
        },
      },
      watch: {
        description:
          'Changes that the plugin reports by itself. A frozen plugin reports none, so probes continue.',
        initial: 'choosing',
        states: {
          choosing: { always: [{ guard: 'isWatchEnabled', target: 'watching' }, 'off'] },
          watching: {
            description: 'Health.Watch is open.',
            invoke: { src: 'watch', input: ({ context }) => context },
            on: {
              'watch.serving': { actions: { type: 'reportWatched', params: { watched: true } } },
              'watch.notServing': { actions: { type: 'reportWatched', params: { watched: true } } },
              'watch.unavailable': {
                target: 'off',
                actions: { type: 'reportWatched', params: { watched: false } },
              },
              'watch.ended': 'broken',
              'effect.errored': 'broken',
            },
          },
          broken: {
            description: 'The stream has ended; it is opened again after the interval.',
            after: { interval: 'watching' },
          },
          off: { description: 'Health.Watch is disabled, or the plugin does not implement it.' },
        },
      },
    },
  });
}
