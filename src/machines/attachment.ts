import { sendParent, setup } from 'xstate';
import { lift, type EffectBroke, type Stamped } from './lift.js';
import type { HandshakeInput, LookFact, PluginEffects, ProcessFact } from './plugin.effects.js';

/** How soon the end of an attached process is seen. A look is one small file, so it may be often. */
const lookIntervalMs = 200;

const diagnosis =
  'Whoever started it knows how it ended: only the process that starts another one is told its exit code.';

/** Looks after the end of a process that somebody else has started: of that, the operating system does not tell us. */
export function createAttachmentMachine(effects: PluginEffects) {
  return setup({
    types: {} as {
      context: HandshakeInput;
      events: Stamped<LookFact> | EffectBroke;
      input: HandshakeInput;
    },
    actors: { look: lift(effects.look.bind(effects)) },
    delays: { lookInterval: lookIntervalMs },
    actions: {
      reportEnd: sendParent(({ context }): Stamped<ProcessFact> => ({
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
    initial: 'waiting',
    states: {
      waiting: {
        description: 'It was there a moment ago.',
        after: { lookInterval: 'looking' },
      },
      looking: {
        description: 'Is it still there?',
        invoke: { src: 'look', input: ({ context }) => context },
        on: {
          'process.seen': 'waiting',
          'process.vanished': 'gone',
          'effect.broke': 'waiting',
        },
      },
      gone: { description: 'It has ended.', type: 'final', entry: 'reportEnd' },
    },
  });
}
