import fc from 'fast-check';
import { sequences } from './operations.js';
import { runSequence, type Tally } from './run-sequence.js';

describe('a tree of plugins, under any sequence of commands and faults', () => {
  it('keeps every promise', () => {
    const tally: Tally = {};
    fc.assert(
      fc.property(sequences, (sequence) => {
        runSequence(sequence, tally);
      }),
      { numRuns: 500, seed: 20_261_126 },
    );
    // Each kind of step must occur often, or the invariants were hardly tested.
    for (const what of ['orderly stop', 'stop with its group', 'supervisor.restarting', 'supervisor.gaveUp'])
      expect(tally[what]).toBeGreaterThan(20);
    expect(tally['supervisor.shutDown']).toBeGreaterThan(1);
    for (const state of [
      'stoppingChildren',
      'backingOff',
      'startingChildren',
      'suspended',
      'escalating',
      'failed',
    ])
      expect(tally[`group became ${state}`]).toBeGreaterThan(5);
    for (const state of [
      'pending',
      'spawning',
      'handshaking',
      'healthy',
      'stopping',
      'crashed',
      'restarting',
      'failed',
      'idle',
    ])
      expect(tally[`became ${state}`]).toBeGreaterThan(20);
  });
});
