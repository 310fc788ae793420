import { not, or } from 'xstate';
import { channelInput, processInput } from './context.js';
import type { PluginSetup } from './setup.js';

/** The stop sequence of a process. */
export function stopping(pluginSetup: PluginSetup) {
  return pluginSetup.createStateConfig({
    description: 'The process is stopped, one stop step after the other, each with its own deadline.',
    initial: 'draining',
    on: {
      'plugin.activate': { actions: 'enqueue' },
      'plugin.deactivate': { actions: 'unwant' },
      'plugin.enqueue': { actions: 'enqueue' },
      'plugin.wait': { guard: 'isQueued', actions: 'wait' },
      'plugin.start': { actions: 'start' },
      'plugin.reject': { guard: 'isQueued', actions: ['noteError', 'unwant'] },
      'plugin.suspend': { guard: 'isWanted', actions: 'suspend' },
      'plugin.resume': { guard: 'isSuspended', actions: 'resume' },
    },
    states: {
      draining: {
        description: 'New calls are refused; calls in flight may finish.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', stopStep: 'draining' } },
        invoke: { src: 'drain', input: ({ context }) => channelInput(context) },
        on: { 'drain.finished': 'deactivating' },
        after: { drainTimeout: 'deactivating' },
      },
      deactivating: {
        description: 'OnDeactivate runs, where the plugin implements it.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', stopStep: 'deactivating' } },
        always: { guard: not('hasDeactivateHook'), target: 'requestingShutdown' },
        invoke: { src: 'onDeactivate', input: ({ context }) => channelInput(context) },
        on: { 'hook.returned': 'requestingShutdown', 'hook.failed': 'requestingShutdown' },
        after: { hookTimeout: 'requestingShutdown' },
      },
      requestingShutdown: {
        description: 'GRPCController.Shutdown has been called.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', stopStep: 'requestingShutdown' } },
        always: { guard: not('isOurs'), target: 'detaching' },
        invoke: { src: 'shutdown', input: ({ context }) => channelInput(context) },
        on: { 'shutdown.unsupported': 'terminating' },
        after: { shutdownTimeout: 'terminating' },
      },
      terminating: {
        description: 'SIGTERM has been sent to the process group.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', stopStep: 'terminating' } },
        always: { guard: not('maySignal'), target: 'detaching' },
        invoke: {
          src: 'signal',
          input: ({ context }) => ({ ...processInput(context), signal: 'SIGTERM' }),
        },
        after: { termTimeout: 'killing' },
      },
      killing: {
        description: 'SIGKILL has been sent to the process group.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', stopStep: 'killing' } },
        always: { guard: not('maySignal'), target: 'detaching' },
        invoke: {
          src: 'signal',
          input: ({ context }) => ({ ...processInput(context), signal: 'SIGKILL' }),
        },
        // There is no further step, and entering this one again would repeat the error without end.
        on: {
          'effect.errored': { actions: 'noteError' },
        },
        after: {
          killTimeout: [
            // Even if it is queued: nothing is started beside a process that may still run.
            { guard: 'isWanted', target: '#plugin.crashed', actions: ['recordUnkillable', 'clearPending'] },
            { target: '#plugin.idle', actions: 'recordUnkillable' },
          ],
        },
      },
      detaching: {
        description: 'A reattached process that may not be stopped from here is detached; it may still run.',
        always: [
          {
            guard: or(['isAttaching', not('isWanted')]),
            target: '#plugin.idle',
            actions: ['recordDetach', 'unwant'],
          },
          { guard: 'isPending', target: '#plugin.pending', actions: 'recordDetach' },
          {
            guard: 'isRestartRequested',
            target: '#plugin.live',
            reenter: true,
            actions: 'recordDetach',
          },
          { target: '#plugin.crashed', actions: 'recordDetach' },
        ],
      },
    },
  });
}
