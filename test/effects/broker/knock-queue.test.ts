import { createKnockQueue } from '../../../src/effects/broker/knock-queue.js';
import type { PluginError } from '../../../src/model/index.js';

/** Waits for the outcome of a knock: `null` where it was acknowledged. */
function outcome(queue: ReturnType<typeof createKnockQueue>, id: number): Promise<PluginError | null> {
  return new Promise((resolve) => {
    queue.enqueue(id, resolve);
  });
}

describe('the knock queue', () => {
  it('sends the next knock when one is not answered in time', async () => {
    const knocked: number[] = [];
    const queue = createKnockQueue((id) => knocked.push(id), 20);
    const [dead, next] = [outcome(queue, 4711), outcome(queue, 1)];
    expect(knocked).toEqual([4711]);
    await expect(dead).resolves.toMatchObject({
      code: 'BROKER_TIMEOUT',
      message: 'The plugin has not answered the knock for id 4711 within 20 ms.',
      facts: { id: 4711 },
    });
    expect(knocked).toEqual([4711, 1]);
    expect(queue.answered(4711, '')).toBe(false);
    expect(queue.answered(1, '')).toBe(true);
    await expect(next).resolves.toBeNull();
  });

  it('gives each knock the whole timeout from when it is sent', async () => {
    const queue = createKnockQueue(() => undefined, 20);
    const outcomes = await Promise.all([1, 2, 3].map((id) => outcome(queue, id)));
    expect(outcomes.map((error) => error?.facts['id'])).toEqual([1, 2, 3]);
  });

  it('skips knocks that were cancelled', () => {
    const knocked: number[] = [];
    const queue = createKnockQueue((id) => knocked.push(id), 20);
    const [first, second, third] = [1, 2, 3].map((id) => queue.enqueue(id, () => undefined));
    second?.();
    first?.();
    first?.();
    expect(knocked).toEqual([1, 3]);
    third?.();
    expect(queue.answered(3, '')).toBe(false);
  });

  it('reports which knocks are queued, and when they are sent', () => {
    const queue = createKnockQueue(() => undefined, 20);
    const changes: string[] = [];
    const take = (id: number) =>
      queue.enqueue(
        id,
        () => undefined,
        (isQueued) => changes.push(`${id} ${isQueued ? 'queued' : 'sent'}`),
      );
    const leave = [1, 2].map(take);
    expect(changes).toEqual(['1 sent', '2 queued']);
    for (const each of leave) each();
    expect(changes).toEqual(['1 sent', '2 queued', '2 sent']);
  });

  it('ignores an answer for an id without a knock', () => {
    const queue = createKnockQueue(() => undefined, 20);
    const cancel = queue.enqueue(1, () => {
      throw new Error('It was not meant.');
    });
    expect(queue.answered(2, '')).toBe(false);
    cancel();
  });
});
