import { and, not } from 'xstate';
import { channelInput, processInput, required } from './context.js';
import type { PluginSetup } from './setup.js';

/** The state in which a process is spawned or reattached. */
export function spawning(pluginSetup: PluginSetup) {
  return pluginSetup.createStateConfig({
    description: 'The program of the bundle is found and started, or a running process is found.',
    entry: {
      type: 'enterPhase',
      params: ({ context }) => ({ phase: context.reattach === null ? 'interpreter' : 'spawn' }),
    },
    on: {
      'process.located': { actions: ['noteCommand', { type: 'enterPhase', params: { phase: 'spawn' } }] },
      'process.started': [
        {
          guard: and(['isCurrent', 'isWanted', 'isPending']),
          target: 'stopping.killing',
          actions: ['noteProcess', 'endBecauseSuspended'],
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
          guard: and(['isCurrent', 'isWanted', 'isPending']),
          target: 'stopping.detaching',
          actions: ['noteProcess', 'endBecauseSuspended'],
        },
        {
          guard: and(['isCurrent', 'isWanted']),
          target: 'handshaking.dialling',
          actions: ['noteProcess', 'noteHandshake', 'openLogs', 'openAttachment'],
        },
        {
          guard: 'isCurrent',
          target: 'stopping.detaching',
          actions: ['noteProcess', 'endBecauseDeactivated'],
        },
      ],
      'plugin.deactivate': { actions: 'unwant' },
      'plugin.enqueue': { guard: not('isWanted'), actions: 'enqueue' },
      'plugin.wait': { guard: 'isQueued', actions: 'wait' },
      'plugin.start': { actions: 'start' },
      'plugin.reject': { guard: 'isQueued', actions: ['noteError', 'unwant'] },
      'plugin.suspend': { guard: 'isWanted', actions: 'suspend' },
      'plugin.resume': { guard: 'isSuspended', actions: 'resume' },
    },
    after: {
      startTimeout: [
        { guard: 'isAttaching', target: '#plugin.idle', actions: ['recordSpawnTimeout', 'unwant'] },
        {
          guard: and(['isWanted', 'isPending']),
          target: '#plugin.pending',
          actions: 'recordSpawnTimeout',
        },
        { guard: 'isWanted', target: '#plugin.crashed', actions: 'recordSpawnTimeout' },
        { target: '#plugin.idle', actions: 'recordSpawnTimeout' },
      ],
    },
  });
}

/** The states between the start of a process and a healthy plugin. */
export function handshaking(pluginSetup: PluginSetup) {
  return pluginSetup.createStateConfig({
    description: 'The process runs: handshake line, connection, health and activation hook follow.',
    initial: 'reading',
    on: {
      'plugin.deactivate': [
        { guard: 'isConnected', target: 'stopping.requestingShutdown', actions: 'endBecauseDeactivated' },
        { target: 'stopping.terminating', actions: 'endBecauseDeactivated' },
      ],
      'channel.lost': {
        target: '.awaitingExit',
        actions: 'noteError',
      },
      'plugin.suspend': [
        {
          guard: 'isConnected',
          target: 'stopping.requestingShutdown',
          actions: ['suspend', 'endBecauseSuspended'],
        },
        { target: 'stopping.terminating', actions: ['suspend', 'endBecauseSuspended'] },
      ],
    },
    after: { startTimeout: { target: 'stopping.killing', actions: 'endBecauseStartTimeout' } },
    states: {
      reading: {
        description: 'Waiting for the handshake line.',
        entry: { type: 'enterPhase', params: { phase: 'handshake' } },
        invoke: { src: 'handshake', input: ({ context }) => processInput(context) },
        on: {
          'handshake.noise': { actions: 'noteNoise' },
          'handshake.partialLine': { actions: 'notePartialLine' },
          'handshake.read': { target: 'dialling', actions: 'noteHandshake' },
          'handshake.rejected': {
            target: '#plugin.live.stopping.killing',
            actions: 'endBecauseRejected',
          },
        },
      },
      dialling: {
        description: 'Connecting to the address that the line named.',
        entry: { type: 'enterPhase', params: { phase: 'dial' } },
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
            actions: ['noteChannel', 'openStdio', 'openBroker', 'openConnectionWatch'],
          },
          'channel.refused': {
            target: 'dialBackoff',
            actions: 'noteError',
          },
          'channel.failed': {
            target: '#plugin.live.stopping.killing',
            actions: 'endBecauseRejected',
          },
        },
      },
      dialBackoff: {
        description:
          'It accepted no connection; some plugins print their handshake line just before they listen.',
        after: { dialRetryDelay: 'dialling' },
      },
      probing: {
        description: 'Asking the health service for SERVING.',
        entry: { type: 'enterPhase', params: { phase: 'health' } },
        invoke: {
          src: 'probe',
          input: ({ context }) => ({ ...channelInput(context), policy: context.policy.health }),
        },
        on: {
          'probe.passed': { target: 'activating', actions: 'noteHealthSource' },
          'probe.failed': {
            target: 'probeBackoff',
            actions: 'noteError',
          },
        },
        after: { startupProbeTimeout: 'probeBackoff' },
      },
      probeBackoff: {
        description: 'Not SERVING yet; the next probe follows soon.',
        after: { startupProbeInterval: 'probing' },
      },
      activating: {
        description: 'OnActivate runs, where the plugin implements it.',
        entry: { type: 'enterPhase', params: { phase: 'hooks' } },
        invoke: { src: 'onActivate', input: ({ context }) => channelInput(context) },
        on: {
          'hook.returned': { target: '#plugin.live.healthy', actions: 'noteHooks' },
          'hook.failed': {
            target: '#plugin.live.stopping.requestingShutdown',
            actions: 'endBecauseRejected',
          },
        },
      },
      awaitingExit: {
        description: 'Its only connection has ended; the exit of the process may follow.',
        after: {
          exitGracePeriod: {
            target: '#plugin.live.stopping.killing',
            actions: 'endBecauseDisconnected',
          },
        },
      },
    },
  });
}
