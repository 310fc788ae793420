import { negotiateVersion } from '../../src/plugin/negotiate.js';

describe('the version of a plugin', () => {
  it.each([
    [[1, 2, 3], '3,2', 3],
    [[1, 2, 3], '2,1', 2],
    [[2, 1], '1,2', 2],
    [[0], '0', 0],
    [[0, 1], '+1', 1],
    [[0, 1], '01', 1],
  ])('of %p for a host that offers %p is the highest in common: %d', (ours, offered, version) => {
    expect(negotiateVersion(ours, offered)).toBe(version);
  });

  it.each([
    [[2, 1, 3], '7'],
    [[2, 1, 3], ''],
    [[2, 1, 3], undefined],
    [[1, 2], ' 2'],
    [[1, 2], 'two'],
  ])('of %p is the lowest where nothing is in common with %p', (ours, offered) => {
    expect(negotiateVersion(ours, offered)).toBe(1);
  });
});
