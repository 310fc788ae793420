import { createReapQueue } from '../../../src/effects/orphans/reap-queue.js';

describe('the hunts', () => {
  it('are made one at a time, and take along what was asked for meanwhile', async () => {
    const hunts = createReapQueue();
    const first = hunts.enqueue('a', 'a.1');
    expect(hunts.current()).toMatchObject({ scope: 'a', tokens: ['a.1'] });
    const second = hunts.enqueue('a', 'a.2');
    const third = hunts.enqueue('a', 'a.3');
    const other = hunts.enqueue('b', 'b.1');
    const { id } = hunts.current() ?? { id: '' };
    hunts.complete(id, [7]);
    await expect(first).resolves.toEqual([7]);
    expect(hunts.current()).toMatchObject({ scope: 'a', tokens: ['a.2', 'a.3'] });
    hunts.complete(hunts.current()?.id ?? '', []);
    expect(await Promise.all([second, third])).toEqual([[], []]);
    expect(hunts.current()).toMatchObject({ scope: 'b' });
    hunts.complete(hunts.current()?.id ?? '', [8, 9]);
    await expect(other).resolves.toEqual([8, 9]);
    expect(hunts.current()).toBeNull();
  });

  it('are not settled by a late answer to an earlier one', () => {
    const hunts = createReapQueue();
    void hunts.enqueue('a', 'a.1');
    const { id } = hunts.current() ?? { id: '' };
    hunts.complete(id, []);
    void hunts.enqueue('a', 'a.2');
    const current = hunts.current();
    hunts.complete(id, [1]);
    expect(hunts.current()).toBe(current);
  });

  it('find nobody to make them when they are given up', async () => {
    const hunts = createReapQueue();
    const asked = [hunts.enqueue('a', 'a.1'), hunts.enqueue('b', 'b.1')];
    hunts.cancelAll();
    expect(await Promise.all(asked)).toEqual([null, null]);
    expect(hunts.current()).toBeNull();
  });
});
