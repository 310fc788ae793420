import { and, not } from 'xstate';
import { channelInput, processInput, required } from './plugin.inputs.js';
import { endBecauseRefused, hold, noteError, queue, wait } from './plugin.phrases.js';
import type { PluginWords } from './plugin.words.js';

/** The states in which a process is made. */
export function spawning(words: PluginWords) {
  return words.createStateConfig({
    description: 'The bundle is looked up and its program started; or a running process is looked up.',
    entry: {
      type: 'enter',
      params: ({ context }) => ({ phase: context.reattach === null ? 'interpreter' : 'spawn' }),
    },
    on: {
      'process.located': { actions: ['noteCommand', { type: 'enter', params: { phase: 'spawn' } }] },
      'process.started': [
        {
          guard: and(['isCurrent', 'isWanted', 'isHeld']),
          target: 'stopping.killing',
          actions: ['noteProcess', 'endBecauseHeld'],
        },
        {
          guard: and(['isCurrent', 'isWanted']),
          target: 'handshaking',
          actions: ['noteProcess', 'openLogs'],
        },
        {
          guard: 'isCurrent',
          target: 'stopping.killing',
          actions: ['noteProcess', 'endBecauseDeactivated'],
        },
      ],
      'process.attached': [
        {
          guard: and(['isCurrent', 'isWanted', 'isHeld']),
          target: 'stopping.releasing',
          actions: ['noteProcess', 'endBecauseHeld'],
        },
        {
          guard: and(['isCurrent', 'isWanted']),
          target: 'handshaking.dialling',
          actions: ['noteProcess', 'noteHandshake', 'openLogs', 'watchAttached'],
        },
        {
          guard: 'isCurrent',
          target: 'stopping.releasing',
          actions: ['noteProcess', 'endBecauseDeactivated'],
        },
      ],
      'plugin.deactivate': { actions: 'unwant' },
      'plugin.queue': { guard: not('isWanted'), actions: queue },
      'plugin.await': { guard: 'awaitsTurn', actions: wait },
      'plugin.proceed': { actions: 'proceed' },
      'plugin.refuse': { guard: 'awaitsTurn', actions: [noteError, 'unwant'] },
      'plugin.hold': { guard: 'isWanted', actions: hold },
      'plugin.release': { guard: 'awaitsGroup', actions: 'release' },
    },
    after: {
      startTimeout: [
        { guard: 'isAttaching', target: '#plugin.idle', actions: ['recordSlowSpawn', 'unwant'] },
        {
          guard: and(['isWanted', 'isHeld']),
          target: '#plugin.held',
          actions: 'recordSlowSpawn',
        },
        { guard: 'isWanted', target: '#plugin.crashed', actions: 'recordSlowSpawn' },
        { target: '#plugin.idle', actions: 'recordSlowSpawn' },
      ],
    },
  });
}

/** The states between a process and a plugin that serves. */
export function handshaking(words: PluginWords) {
  return words.createStateConfig({
    description: 'The process runs, but cannot serve yet: its line, the dial, its health, its hook.',
    initial: 'reading',
    on: {
      'plugin.deactivate': [
        { guard: 'isConnected', target: 'stopping.asking', actions: 'endBecauseDeactivated' },
        { target: 'stopping.terminating', actions: 'endBecauseDeactivated' },
      ],
      'channel.lost': {
        target: '.suspecting',
        actions: noteError,
      },
      'plugin.hold': [
        { guard: 'isConnected', target: 'stopping.asking', actions: [hold, 'endBecauseHeld'] },
        { target: 'stopping.terminating', actions: [hold, 'endBecauseHeld'] },
      ],
    },
    after: { startTimeout: { target: 'stopping.killing', actions: 'endBecauseLate' } },
    states: {
      reading: {
        description: 'Waiting for the handshake line.',
        entry: { type: 'enter', params: { phase: 'handshake' } },
        invoke: { src: 'handshake', input: ({ context }) => processInput(context) },
        on: {
          'handshake.noise': { actions: 'noteNoise' },
          'handshake.pending': { actions: 'notePending' },
          'handshake.read': { target: 'dialling', actions: 'noteHandshake' },
          'handshake.rejected': {
            target: '#plugin.live.stopping.killing',
            actions: endBecauseRefused,
          },
        },
      },
      dialling: {
        description: 'Connecting to the address that the line named.',
        entry: { type: 'enter', params: { phase: 'dial' } },
        invoke: {
          src: 'dial',
          input: ({ context }) => ({
            ...processInput(context),
            handshake: required(context.handshake),
          }),
        },
        on: {
          'channel.ready': {
            target: 'probing',
            actions: ['noteChannel', 'openStdio', 'openBroker', 'watchConnection'],
          },
          'channel.refused': {
            target: 'redialling',
            actions: noteError,
          },
          'channel.failed': {
            target: '#plugin.live.stopping.killing',
            actions: endBecauseRefused,
          },
        },
      },
      redialling: {
        description: 'It took no connection; some plugins print their line slightly before they listen.',
        after: { redialPause: 'dialling' },
      },
      probing: {
        description: 'Asking the health service for SERVING.',
        entry: { type: 'enter', params: { phase: 'health' } },
        invoke: { src: 'probe', input: ({ context }) => channelInput(context) },
        on: {
          'probe.passed': 'activating',
          'probe.failed': {
            target: 'pausing',
            actions: noteError,
          },
        },
        after: { startDeadline: 'pausing' },
      },
      pausing: {
        description: 'Not SERVING yet; asking again soon.',
        after: { startInterval: 'probing' },
      },
      activating: {
        description: 'OnActivate runs, where the plugin implements it.',
        entry: { type: 'enter', params: { phase: 'hooks' } },
        invoke: { src: 'onActivate', input: ({ context }) => channelInput(context) },
        on: {
          'hook.returned': { target: '#plugin.live.healthy', actions: 'noteHooks' },
          'hook.failed': {
            target: '#plugin.live.stopping.asking',
            actions: endBecauseRefused,
          },
        },
      },
      suspecting: {
        description: 'Its only connection has ended; if the process is dying, its exit is told first.',
        after: {
          suspicion: {
            target: '#plugin.live.stopping.killing',
            actions: {
              type: 'endBecauseRefused',
              params: ({ context }) => ({
                error: required(context.error).with({ phase: context.phase }),
              }),
            },
          },
        },
      },
    },
  });
}
