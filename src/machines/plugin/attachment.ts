import { sendParent, setup } from 'xstate';
import { fromEffect, type EffectErroredEvent, type OfGeneration } from '../from-effect.js';
import type { HandshakeInput, PollEvent, PluginEffects, ProcessEvent } from '../effects.js';

/** How often a reattached process is polled, in milliseconds. A poll reads one small file. */
const pollIntervalMs = 200;

const diagnosis = 'Its exit code is known only to the process that started it.';

/** Polls a reattached process: the operating system reports an exit only to the parent of a process. */
export function createAttachmentMachine(effects: PluginEffects) {
  return setup({
    types: {} as {
      context: HandshakeInput;
      events: OfGeneration<PollEvent> | EffectErroredEvent;
      input: HandshakeInput;
    },
    actors: { pollProcess: fromEffect(effects.pollProcess.bind(effects)) },
    delays: { pollInterval: pollIntervalMs },
    actions: {
      reportEnd: sendParent(({ context }): OfGeneration<ProcessEvent> => ({
        type: 'process.exited',
        generation: context.generation,
        at: effects.now(),
        code: null,
        signal: null,
        diagnosis,
      })),
    },
  }).createMachine({
    id: 'attachment',
    description: 'Polls a process that another host has started, until it has ended.',
    context: ({ input }) => input,
    initial: 'betweenPolls',
    states: {
      betweenPolls: {
        description: 'The process ran at the last poll.',
        after: { pollInterval: 'polling' },
      },
      polling: {
        description: 'Does the process still run?',
        invoke: { src: 'pollProcess', input: ({ context }) => context },
        on: {
          'process.alive': 'betweenPolls',
          'process.gone': 'ended',
          'effect.errored': 'betweenPolls',
        },
      },
      ended: { description: 'The process has ended.', type: 'final', entry: 'reportEnd' },
    },
  });
}
