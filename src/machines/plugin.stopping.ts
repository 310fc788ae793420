import { not, or } from 'xstate';
import { channelInput, processInput } from './plugin.inputs.js';
import { hold, noteError, queue, wait } from './plugin.phrases.js';
import type { PluginWords } from './plugin.words.js';

/** The way down of a process. */
export function stopping(words: PluginWords) {
  return words.createStateConfig({
    description: 'It is brought down, one rung after the other, each with its own deadline.',
    initial: 'draining',
    on: {
      'plugin.activate': { actions: { type: 'queue', params: { because: 'turn.awaited' } } },
      'plugin.deactivate': { actions: 'unwant' },
      'plugin.queue': { actions: queue },
      'plugin.await': { guard: 'awaitsTurn', actions: wait },
      'plugin.proceed': { actions: 'proceed' },
      'plugin.refuse': { guard: 'awaitsTurn', actions: [noteError, 'unwant'] },
      'plugin.hold': { guard: 'isWanted', actions: hold },
      'plugin.release': { guard: 'awaitsGroup', actions: 'release' },
    },
    states: {
      draining: {
        description: 'New calls are refused; calls in flight may finish.',
        entry: { type: 'enter', params: { phase: 'stopping', rung: 'draining' } },
        invoke: { src: 'drain', input: ({ context }) => channelInput(context) },
        on: { 'drain.finished': 'deactivating' },
        after: { drainTimeout: 'deactivating' },
      },
      deactivating: {
        description: 'OnDeactivate runs, where the plugin implements it.',
        entry: { type: 'enter', params: { phase: 'stopping', rung: 'deactivating' } },
        always: { guard: not('hasDeactivateHook'), target: 'asking' },
        invoke: { src: 'onDeactivate', input: ({ context }) => channelInput(context) },
        on: { 'hook.returned': 'asking', 'hook.failed': 'asking' },
        after: { hookTimeout: 'asking' },
      },
      asking: {
        description: 'GRPCController.Shutdown has been called.',
        entry: { type: 'enter', params: { phase: 'stopping', rung: 'asking' } },
        always: { guard: not('isOurs'), target: 'releasing' },
        invoke: { src: 'shutdown', input: ({ context }) => channelInput(context) },
        on: { 'shutdown.unsupported': 'terminating' },
        after: { shutdownTimeout: 'terminating' },
      },
      terminating: {
        description: 'SIGTERM has been sent to the process group.',
        entry: { type: 'enter', params: { phase: 'stopping', rung: 'terminating' } },
        always: { guard: not('maySignal'), target: 'releasing' },
        invoke: {
          src: 'signal',
          input: ({ context }) => ({ ...processInput(context), signal: 'SIGTERM' }),
        },
        after: { termTimeout: 'killing' },
      },
      killing: {
        description: 'SIGKILL has been sent to the process group.',
        entry: { type: 'enter', params: { phase: 'stopping', rung: 'killing' } },
        always: { guard: not('maySignal'), target: 'releasing' },
        invoke: {
          src: 'signal',
          input: ({ context }) => ({ ...processInput(context), signal: 'SIGKILL' }),
        },
        // There is no harder way: to come here again would order the same defect again, for ever.
        on: {
          'effect.broke': { actions: noteError },
        },
        after: {
          killTimeout: [
            // Whatever it waits for: nothing is started beside a process that may live on.
            { guard: 'isWanted', target: '#plugin.crashed', actions: ['recordLoss', 'waitForNothing'] },
            { target: '#plugin.idle', actions: 'recordLoss' },
          ],
        },
      },
      releasing: {
        description: 'An attached process is let go of that is not ours to bring down; it may live on.',
        always: [
          {
            guard: or(['isAttaching', not('isWanted')]),
            target: '#plugin.idle',
            actions: ['recordRelease', 'unwant'],
          },
          { guard: 'isHeld', target: '#plugin.held', actions: 'recordRelease' },
          {
            guard: 'isAskedAgain',
            target: '#plugin.live',
            reenter: true,
            actions: 'recordRelease',
          },
          { target: '#plugin.crashed', actions: 'recordRelease' },
        ],
      },
    },
  });
}
