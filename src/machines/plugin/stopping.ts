import { not, or } from 'xstate';
import { channelInput, processInput } from './inputs.js';
import { suspend, noteError, enqueue, wait } from './actions.js';
import type { PluginSetup } from './setup.js';

/** The way down of a process. */
export function stopping(pluginSetup: PluginSetup) {
  return pluginSetup.createStateConfig({
    description: 'It is brought down, one rung after the other, each with its own deadline.',
    initial: 'draining',
    on: {
      'plugin.activate': { actions: { type: 'enqueue', params: { because: 'startSlot.awaited' } } },
      'plugin.deactivate': { actions: 'unwant' },
      'plugin.enqueue': { actions: enqueue },
      'plugin.wait': { guard: 'isQueued', actions: wait },
      'plugin.start': { actions: 'start' },
      'plugin.reject': { guard: 'isQueued', actions: [noteError, 'unwant'] },
      'plugin.suspend': { guard: 'isWanted', actions: suspend },
      'plugin.resume': { guard: 'isSuspended', actions: 'resume' },
    },
    states: {
      draining: {
        description: 'New calls are refused; calls in flight may finish.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', rung: 'draining' } },
        invoke: { src: 'drain', input: ({ context }) => channelInput(context) },
        on: { 'drain.finished': 'deactivating' },
        after: { drainTimeout: 'deactivating' },
      },
      deactivating: {
        description: 'OnDeactivate runs, where the plugin implements it.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', rung: 'deactivating' } },
        always: { guard: not('hasDeactivateHook'), target: 'requestingShutdown' },
        invoke: { src: 'onDeactivate', input: ({ context }) => channelInput(context) },
        on: { 'hook.returned': 'requestingShutdown', 'hook.failed': 'requestingShutdown' },
        after: { hookTimeout: 'requestingShutdown' },
      },
      requestingShutdown: {
        description: 'GRPCController.Shutdown has been called.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', rung: 'requestingShutdown' } },
        always: { guard: not('isOurs'), target: 'detaching' },
        invoke: { src: 'shutdown', input: ({ context }) => channelInput(context) },
        on: { 'shutdown.unsupported': 'terminating' },
        after: { shutdownTimeout: 'terminating' },
      },
      terminating: {
        description: 'SIGTERM has been sent to the process group.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', rung: 'terminating' } },
        always: { guard: not('maySignal'), target: 'detaching' },
        invoke: {
          src: 'signal',
          input: ({ context }) => ({ ...processInput(context), signal: 'SIGTERM' }),
        },
        after: { termTimeout: 'killing' },
      },
      killing: {
        description: 'SIGKILL has been sent to the process group.',
        entry: { type: 'enterPhase', params: { phase: 'stopping', rung: 'killing' } },
        always: { guard: not('maySignal'), target: 'detaching' },
        invoke: {
          src: 'signal',
          input: ({ context }) => ({ ...processInput(context), signal: 'SIGKILL' }),
        },
        // There is no harder way: to come here again would order the same defect again, for ever.
        on: {
          'effect.errored': { actions: noteError },
        },
        after: {
          killTimeout: [
            // Whatever it waits for: nothing is started beside a process that may live on.
            { guard: 'isWanted', target: '#plugin.crashed', actions: ['recordUnkillable', 'clearPending'] },
            { target: '#plugin.idle', actions: 'recordUnkillable' },
          ],
        },
      },
      detaching: {
        description: 'An attached process is let go of that is not ours to bring down; it may live on.',
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
