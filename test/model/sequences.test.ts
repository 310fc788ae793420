import fc from 'fast-check';
import { sequences } from './operations.js';
import { runSequence, type Tally } from './run-sequence.js';

describe('a tree of plugins, whatever it is asked and whatever happens', () => {
  it.todo('stops in the reverse of the order in which it started, once plugins require each other');

  it('keeps every promise', () => {
    const tally: Tally = {};
    fc.assert(
      fc.property(sequences, (sequence) => {
        runSequence(sequence, tally);
      }),
      { numRuns: 1000, seed: 20_261_126 },
    );
    for (const state of [
      'spawning',
      'handshaking',
      'healthy',
      'stopping',
      'crashed',
      'restarting',
      'failed',
      'idle',
    ])
      expect(tally[`became ${state}`]).toBeGreaterThan(50);
  });
});
