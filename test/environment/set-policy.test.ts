import { saysNothing } from '../../src/environment/set-policy.js';
import type { Supervision } from '../../src/model/index.js';

describe('a policy that an operator sets', () => {
  it.each<[Supervision]>([
    [{}],
    [{ restart: {}, health: undefined }],
    [{ restart: { backoff: {} }, deadlines: {} }],
  ])('says nothing where it holds no number: %j', (supervision) => {
    expect(saysNothing(supervision)).toBe(true);
  });

  it.each<[Supervision]>([
    [{ preset: 'espalier' }],
    [{ restart: { intensity: null } }],
    [{ restart: { backoff: { firstMs: 0 } } }],
    [{ health: { watch: false } }],
  ])('says something where it holds one, be it none: %j', (supervision) => {
    expect(saysNothing(supervision)).toBe(false);
  });
});
