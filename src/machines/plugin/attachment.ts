import { sendParent, setup } from 'xstate';
import { fromEffect, type EffectErroredEvent, type OfGeneration } from '../from-effect.js';
import type { HandshakeInput, PollEvent, PluginEffects, ProcessEvent } from '../effects.js';

/** How soon the end of an attached process is seen. A look is one small file, so it may be often. */
const pollIntervalMs = 200;

const diagnosis =
  'Whoever started it knows how it ended: only the process that starts another one is told its exit code.';

/** Looks after the end of a process that somebody else has started: of that, the operating system does not tell us. */
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
    description: 'Looks after the end of a process that was started by somebody else.',
    context: ({ input }) => input,
    initial: 'betweenPolls',
    states: {
      betweenPolls: {
        description: 'It was there a moment ago.',
        after: { pollInterval: 'polling' },
      },
      polling: {
        description: 'Is it still there?',
        invoke: { src: 'pollProcess', input: ({ context }) => context },
        on: {
          'process.alive': 'betweenPolls',
          'process.gone': 'ended',
          'effect.errored': 'betweenPolls',
        },
      },
      ended: { description: 'It has ended.', type: 'final', entry: 'reportEnd' },
    },
  });
}
