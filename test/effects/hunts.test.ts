import { createHunts } from '../../src/effects/guardian/hunts.js';

describe('the hunts', () => {
  it('are made one at a time, and take along what was asked for meanwhile', async () => {
    const hunts = createHunts();
    const first = hunts.want('a', 'a.1');
    expect(hunts.current()).toMatchObject({ scope: 'a', tokens: ['a.1'] });
    const second = hunts.want('a', 'a.2');
    const third = hunts.want('a', 'a.3');
    const other = hunts.want('b', 'b.1');
    const { id } = hunts.current() ?? { id: '' };
    hunts.settle(id, [7]);
    await expect(first).resolves.toEqual([7]);
    expect(hunts.current()).toMatchObject({ scope: 'a', tokens: ['a.2', 'a.3'] });
    hunts.settle(hunts.current()?.id ?? '', []);
    expect(await Promise.all([second, third])).toEqual([[], []]);
    expect(hunts.current()).toMatchObject({ scope: 'b' });
    hunts.settle(hunts.current()?.id ?? '', [8, 9]);
    await expect(other).resolves.toEqual([8, 9]);
    expect(hunts.current()).toBeNull();
  });

  it('are not settled by a late answer to an earlier one', () => {
    const hunts = createHunts();
    void hunts.want('a', 'a.1');
    const { id } = hunts.current() ?? { id: '' };
    hunts.settle(id, []);
    void hunts.want('a', 'a.2');
    const current = hunts.current();
    hunts.settle(id, [1]);
    expect(hunts.current()).toBe(current);
  });

  it('find nobody to make them when they are given up', async () => {
    const hunts = createHunts();
    const asked = [hunts.want('a', 'a.1'), hunts.want('b', 'b.1')];
    hunts.giveUp();
    expect(await Promise.all(asked)).toEqual([null, null]);
    expect(hunts.current()).toBeNull();
  });
});
