import { healthWords, initialHealth } from './health.words.js';
import type { PluginEffects } from './plugin.effects.js';

/**
 * Watches one generation that is healthy. Whether it lives and whether it can serve are two questions: a plugin that
 * says NOT_SERVING has answered. Its parent is told what was found, and when the plugin is lost.
 */
export function createHealthMachine(effects: PluginEffects) {
  return healthWords(effects).createMachine({
    id: 'health',
    description: 'Finds out whether one healthy generation lives, and whether it can serve.',
    context: ({ input }) => initialHealth(input, effects),
    type: 'parallel',
    on: {
      'health.check': {
        actions: { type: 'noteQuestion', params: ({ event }) => ({ number: event.number }) },
      },
      'health.setPolicy': {
        actions: { type: 'notePolicy', params: ({ event }) => ({ policy: event.policy }) },
      },
    },
    states: {
      liveness: {
        description: 'Does it answer?',
        initial: 'waiting',
        on: {
          'channel.lost': {
            target: '.cutOff',
            actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
          },
        },
        states: {
          waiting: {
            description: 'The last probe was answered; the next one is due after the interval.',
            always: { guard: 'isAskedAgain', target: 'asking' },
            after: { interval: 'asking' },
          },
          asking: {
            description: 'A probe is under way.',
            initial: 'choosing',
            entry: 'startProbe',
            on: {
              'probe.passed': {
                target: 'waiting',
                actions: [{ type: 'reportPass', params: ({ event }) => ({ ms: event.ms }) }, 'forgetMisses'],
              },
              'probe.failed': [
                {
                  guard: { type: 'saysNotServing', params: ({ event }) => ({ error: event.error }) },
                  target: 'waiting',
                  actions: [
                    { type: 'reportRefusal', params: ({ event }) => ({ error: event.error }) },
                    'forgetMisses',
                  ],
                },
                {
                  target: 'suspecting',
                  actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
                },
              ],
              'effect.broke': {
                target: 'suspecting',
                actions: { type: 'noteError', params: ({ event }) => ({ error: event.error }) },
              },
            },
            after: { deadline: { target: 'missed', actions: 'noteSilence' } },
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
          suspecting: {
            description: 'A probe failed; if the process is dying, its exit is told first.',
            after: { suspicion: 'missed' },
          },
          missed: {
            description: 'The probe was missed; was that the fault of the plugin?',
            entry: 'judge',
            always: [{ guard: 'isExcused', target: 'excused' }, 'counted'],
          },
          excused: {
            description: 'Something else explains it; the next one is due after the retry interval.',
            entry: ['countExcuse', 'reportExcuse'],
            always: { guard: 'isAskedAgain', target: 'asking' },
            after: { retryInterval: 'asking' },
          },
          counted: {
            description: 'It counts as missed; the next one is due after the retry interval.',
            entry: ['countMiss', 'reportMiss'],
            always: [
              { guard: 'isLost', target: 'lost' },
              { guard: 'isAskedAgain', target: 'asking' },
            ],
            after: { retryInterval: 'asking' },
          },
          cutOff: {
            description: 'Its only connection has ended; if the process is dying, its exit is told first.',
            on: { 'channel.lost': {} },
            after: { suspicion: 'lost' },
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
                guard: { type: 'saysNotServing', params: ({ event }) => ({ error: event.error }) },
                target: 'unready',
                actions: { type: 'noteNotServing', params: ({ event }) => ({ error: event.error }) },
              },
              'watch.denied': {
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
              'watch.affirmed': { target: 'ready', actions: ['forgetNotServing', 'reportReady'] },
            },
            after: { patience: { guard: 'losesPatience', target: 'lost' } },
          },
          lost: {
            description: 'It has said so for too long.',
            type: 'final',
            entry: 'reportImpatience',
          },
        },
      },
      watch: {
        description: 'Does it tell its changes by itself? A frozen plugin does not, so probes go on.',
        initial: 'choosing',
        states: {
          choosing: { always: [{ guard: 'isToBeWatched', target: 'watching' }, 'off'] },
          watching: {
            description: 'Its health service has been asked to tell each change.',
            invoke: { src: 'watch', input: ({ context }) => context },
            on: {
              'watch.affirmed': { actions: { type: 'reportWatched', params: { watched: true } } },
              'watch.denied': { actions: { type: 'reportWatched', params: { watched: true } } },
              'watch.unavailable': {
                target: 'off',
                actions: { type: 'reportWatched', params: { watched: false } },
              },
              'watch.broke': 'broken',
              'effect.broke': 'broken',
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
