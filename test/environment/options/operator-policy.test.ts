import { isEmptySupervision } from '../../../src/environment/options/operator-policy.js';
import type { SupervisionOptions } from '../../../src/model/index.js';

describe('the supervision options that an operator sets', () => {
  it.each<[SupervisionOptions]>([
    [{}],
    [{ restart: {}, health: undefined }],
    [{ restart: { backoff: {} }, deadlines: {} }],
  ])('are empty without a value: %j', (supervision) => {
    expect(isEmptySupervision(supervision)).toBe(true);
  });

  it.each<[SupervisionOptions]>([
    [{ preset: 'espalier' }],
    [{ restart: { intensity: null } }],
    [{ restart: { backoff: { firstMs: 0 } } }],
    [{ health: { watch: false } }],
  ])('are not empty with a value, also with null, 0 or false: %j', (supervision) => {
    expect(isEmptySupervision(supervision)).toBe(false);
  });
});
