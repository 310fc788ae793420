import { isEmptySupervision } from '../../../src/environment/options/operator-policy.js';
import type { SupervisionOptions } from '../../../src/model/index.js';

describe('a policy that an operator sets', () => {
  it.each<[SupervisionOptions]>([
    [{}],
    [{ restart: {}, health: undefined }],
    [{ restart: { backoff: {} }, deadlines: {} }],
  ])('says nothing where it holds no number: %j', (supervision) => {
    expect(isEmptySupervision(supervision)).toBe(true);
  });

  it.each<[SupervisionOptions]>([
    [{ preset: 'espalier' }],
    [{ restart: { intensity: null } }],
    [{ restart: { backoff: { firstMs: 0 } } }],
    [{ health: { watch: false } }],
  ])('says something where it holds one, be it none: %j', (supervision) => {
    expect(isEmptySupervision(supervision)).toBe(false);
  });
});
