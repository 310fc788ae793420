import { createKnockQueue } from '../../../src/effects/broker/knock-queue.js';
import type { PluginError } from '../../../src/model/index.js';

/** Waits for the outcome of a turn: `null` where it was let in. */
function outcome(turns: ReturnType<typeof createKnockQueue>, id: number): Promise<PluginError | null> {
  return new Promise((resolve) => {
    turns.enqueue(id, resolve);
  });
}

describe('the turns of the knocks', () => {
  it('go on when nobody answers in time, so that a dead id does not hold up the others', async () => {
    const knocked: number[] = [];
    const turns = createKnockQueue((id) => knocked.push(id), 20);
    const [dead, next] = [outcome(turns, 4711), outcome(turns, 1)];
    expect(knocked).toEqual([4711]);
    await expect(dead).resolves.toMatchObject({
      code: 'BROKER_TIMEOUT',
      message: 'The plugin has not answered the knock for id 4711 within 20 ms.',
      facts: { id: 4711 },
    });
    expect(knocked).toEqual([4711, 1]);
    expect(turns.answered(4711, '')).toBe(false);
    expect(turns.answered(1, '')).toBe(true);
    await expect(next).resolves.toBeNull();
  });

  it('give each knock the whole time, however long it had to wait for its turn', async () => {
    const turns = createKnockQueue(() => undefined, 20);
    const outcomes = await Promise.all([1, 2, 3].map((id) => outcome(turns, id)));
    expect(outcomes.map((error) => error?.facts['id'])).toEqual([1, 2, 3]);
  });

  it('are passed over where they were given up before', () => {
    const knocked: number[] = [];
    const turns = createKnockQueue((id) => knocked.push(id), 20);
    const [first, second, third] = [1, 2, 3].map((id) => turns.enqueue(id, () => undefined));
    second?.();
    first?.();
    first?.();
    expect(knocked).toEqual([1, 3]);
    third?.();
    expect(turns.answered(3, '')).toBe(false);
  });

  it('tell who has to wait, and when that is over', () => {
    const turns = createKnockQueue(() => undefined, 20);
    const told: string[] = [];
    const take = (id: number) =>
      turns.enqueue(
        id,
        () => undefined,
        (waits) => told.push(`${id} ${waits ? 'waits' : 'knocks'}`),
      );
    const leave = [1, 2].map(take);
    expect(told).toEqual(['1 knocks', '2 waits']);
    for (const each of leave) each();
    expect(told).toEqual(['1 knocks', '2 waits', '2 knocks']);
  });

  it('take no answer for an id that did not knock', () => {
    const turns = createKnockQueue(() => undefined, 20);
    const giveUp = turns.enqueue(1, () => {
      throw new Error('It was not meant.');
    });
    expect(turns.answered(2, '')).toBe(false);
    giveUp();
  });
});
