import { status } from '@grpc/grpc-js';
import { isSignOfLife } from '../../../src/policy/index.js';

describe('an error of the health service', () => {
  it.each([
    ['OK', false],
    ['CANCELLED', false],
    ['UNKNOWN', true],
    ['INVALID_ARGUMENT', true],
    ['DEADLINE_EXCEEDED', false],
    ['NOT_FOUND', true],
    ['ALREADY_EXISTS', true],
    ['PERMISSION_DENIED', true],
    ['RESOURCE_EXHAUSTED', true],
    ['FAILED_PRECONDITION', true],
    ['ABORTED', true],
    ['OUT_OF_RANGE', true],
    ['UNIMPLEMENTED', true],
    ['INTERNAL', false],
    ['UNAVAILABLE', false],
    ['DATA_LOSS', false],
    ['UNAUTHENTICATED', true],
  ] as const)('%s is a sign of life: %s', (name, expected) => {
    expect(isSignOfLife(status[name])).toBe(expected);
  });

  it('without a status is none, nor is a code that gRPC does not have', () => {
    expect(isSignOfLife(null)).toBe(false);
    expect(isSignOfLife(17)).toBe(false);
  });
});
