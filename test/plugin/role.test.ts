import { roleOf, servingVariable, type ProcessFacts, type Role } from '../../src/plugin/role.js';

const cookie = { cookieKey: 'COOKIE', cookieValue: 'yes' };
const facts: ProcessFacts = { env: {}, pid: 7, isMainThread: true, hasParentChannel: false };
const served = (pid: number): Record<string, string> => ({ [servingVariable]: String(pid) });

const cases: [string, Partial<ProcessFacts>, Role][] = [
  ['that a host has started', { env: { COOKIE: 'yes' } }, 'plugin'],
  ['that a plugin has started as its host', { env: { COOKIE: 'yes', ...served(3) } }, 'plugin'],
  ['that was started by hand', {}, 'stranger'],
  ['with the cookie of another host', { env: { COOKIE: 'no' } }, 'stranger'],
  ['that a plugin has started', { env: served(3) }, 'child'],
  ['that serves already', { env: served(7) }, 'again'],
  ['that a Node program has forked', { env: { COOKIE: 'yes' }, hasParentChannel: true }, 'child'],
  ['of which this is a worker thread', { env: { COOKIE: 'yes' }, isMainThread: false }, 'child'],
];

describe('a process', () => {
  it.each(cases)('%s has its role', (_, known, role) => {
    expect(roleOf({ ...facts, ...known }, cookie)).toBe(role);
  });
});
