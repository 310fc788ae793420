import fc from 'fast-check';
import { carry, createSide, open, pump, read, type Side } from './two-cores.js';

type Step = 'open' | 'write' | 'read' | 'end' | 'carry';

const step = fc.record({
  type: fc.oneof(
    { weight: 1, arbitrary: fc.constantFrom<Step>('open', 'end') },
    { weight: 3, arbitrary: fc.constantFrom<Step>('write', 'read', 'carry') },
  ),
  side: fc.constantFrom(0 as const, 1 as const),
  stream: fc.nat(),
  size: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 280_000 })),
});

describe('two sides of a session', () => {
  it('deliver every byte in order and never send beyond the window, in any interleaving', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
        const sides = [createSide('client'), createSide('server')] as const;
        const twinOf = (side: Side): Side => (side === sides[0] ? sides[1] : sides[0]);
        for (const { type, side: index, stream, size } of steps) {
          const side = sides[index];
          const ids = [...side.flows.keys()];
          const id = ids[stream % ids.length] ?? 0;
          const flow = side.flows.get(id);
          if (type === 'open') open(side);
          else if (type === 'carry') carry(side, twinOf(side), size);
          else if (type === 'read') read(side, id, size);
          else if (type === 'end' && flow !== undefined) flow.isEndWanted = true;
          else if (type === 'write' && flow?.isEndWanted === false) flow.wanted += size;
          pump(side, id);
        }
        drain(sides);
        expect(sides.flatMap(({ problems }) => problems)).toEqual([]);
        for (const side of sides)
          for (const [id, flow] of side.flows)
            expect([id, twinOf(side).flows.get(id)]).toEqual([
              id,
              expect.objectContaining({ received: flow.wanted, isEndReceived: flow.isEndWanted }),
            ]);
      }),
      { numRuns: 150 },
    );
  });
});

/** Carries, reads and sends until nothing moves any more. */
function drain([one, other]: readonly [Side, Side]): void {
  for (let isMoving = true; isMoving;) {
    for (const side of [one, other])
      for (const id of side.flows.keys()) {
        read(side, id, Infinity);
        pump(side, id);
      }
    const there = carry(one, other, 1_000_000);
    const back = carry(other, one, 1_000_000);
    isMoving = there || back;
  }
}
