import { setupHealth, initialHealthContext } from './setup.js';
import type { PluginEffects } from '../effects.js';

/**
 * Watches one generation that is healthy. Whether it lives and whether it can serve are two questions: a plugin that
 * says NOT_SERVING has answered. Its parent is told what was found, and when the plugin is lost.
 */
export function createHealthMachine(effects: PluginEffects) {
  return setupHealth(effects).createMachine({
    id: 'health',
    description: 'Finds out whether one healthy generation lives, and whether it can serve.',
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
            description: 'The last probe was answered; the next one is due after the interval.',
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
                actions: [{ type: 'reportPass', params: ({ event }) => ({ ms: event.ms }) }, 'forgetMisses'],
              },
              'probe.failed': [
                {
                  guard: { type: 'isNotServing', params: ({ event }) => ({ error: event.error }) },
                  target: 'betweenProbes',
                  actions: [
                    { type: 'reportNotServing', params: ({ event }) => ({ error: event.error }) },
                    'forgetMisses',
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
                description: 'Over the connection that calls take, too.',
                entry: { type: 'noteFreshness', params: { isFresh: false } },
                invoke: { src: 'probe', input: ({ context }) => context },
              },
              redialling: {
                description: 'Over a connection of its own: could others still connect?',
                entry: { type: 'noteFreshness', params: { isFresh: true } },
                invoke: { src: 'redial', input: ({ context }) => context },
              },
            },
          },
          awaitingExit: {
            description: 'A probe failed; if the process is dying, its exit is told first.',
            after: { exitGracePeriod: 'missed' },
          },
          missed: {
            description: 'The probe was missed; was that the fault of the plugin?',
            entry: 'decideMiss',
            always: [{ guard: 'isExcused', target: 'excused' }, 'counted'],
          },
          excused: {
            description: 'Something else explains it; the next one is due after the retry interval.',
            entry: ['countExcuse', 'reportExcuse'],
            always: { guard: 'isCheckRequested', target: 'checking' },
            after: { retryInterval: 'checking' },
          },
          counted: {
            description: 'It counts as missed; the next one is due after the retry interval.',
            entry: ['countMiss', 'reportMiss'],
            always: [
              { guard: 'isLost', target: 'lost' },
              { guard: 'isCheckRequested', target: 'checking' },
            ],
            after: { retryInterval: 'checking' },
          },
          disconnected: {
            description: 'Its only connection has ended; if the process is dying, its exit is told first.',
            on: { 'channel.lost': {} },
            after: { exitGracePeriod: 'lost' },
          },
          lost: {
            description: 'Too many probes in a row were missed, or no probe can reach it any more.',
            type: 'final',
            entry: 'reportLost',
          },
        },
      },
      readiness: {
        description: 'Does it say that it can serve?',
        initial: 'ready',
        states: {
          ready: {
            description: 'Its newest word is SERVING.',
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
            description: 'It lives and says that it cannot serve; calls go to it all the same.',
            entry: 'reportUnready',
            on: {
              'probe.passed': { target: 'ready', actions: ['forgetNotServing', 'reportReady'] },
              'watch.serving': { target: 'ready', actions: ['forgetNotServing', 'reportReady'] },
            },
            after: { notServingTimeout: { guard: 'isNotServingBounded', target: 'lost' } },
          },
          lost: {
            description: 'It has said so for too long.',
            type: 'final',
            entry: 'reportNotServingTimeout',
          },
        },
      },
      watch: {
        description: 'Does it tell its changes by itself? A frozen plugin does not, so probes go on.',
        initial: 'choosing',
        states: {
          choosing: { always: [{ guard: 'isWatchEnabled', target: 'watching' }, 'off'] },
          watching: {
            description: 'Its health service has been asked to tell each change.',
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
            description: 'It ceased to tell them; it is asked again after the interval.',
            after: { interval: 'watching' },
          },
          off: { description: 'It is not asked to, or cannot.' },
        },
      },
    },
  });
}
