import { redactSecrets } from '../../../src/observe/inspector/redact.js';
import { serialize, type SerializeRules } from '../../../src/observe/inspector/serialize.js';
import { PluginError } from '../../../src/model/index.js';

const rules: SerializeRules = {
  maxValues: 50,
  maxPerContainer: 5,
  maxDepth: 4,
  maxTextLength: 15,
  serializeFunction: () => undefined,
  redact: () => undefined,
};

describe('a serialized value', () => {
  it.each([
    ['numbers, strings and booleans', [1, 'a', true, null], [1, 'a', true, null]],
    ['numbers that JSON does not have', [NaN, Infinity, 10n], ['NaN', 'Infinity', '10n']],
    [
      'undefined, functions and symbols',
      { a: undefined, b: () => 1, c: Symbol('c'), d: [undefined] },
      { d: [null] },
    ],
    ['maps and sets', { map: new Map([['a', 1]]), set: new Set([1, 2]) }, { map: { a: 1 }, set: [1, 2] }],
    ['dates', new Date(0), '1970-01-01T00:0… 9 more characters'],
    ['bytes', { der: new Uint8Array(512) }, { der: '(512 bytes)' }],
    ['objects with toJSON', { handle: { secret: 1, toJSON: () => ({ pid: 7 }) } }, { handle: { pid: 7 } }],
    ['long strings', 'x'.repeat(17), `${'x'.repeat(15)}… 2 more characters`],
    ['long lists', [1, 2, 3, 4, 5, 6, 7], [1, 2, 3, 4, 5, '… 2 more']],
    ['wide objects', { a: 1, b: 2, c: 3, d: 4, e: 5, f: 6 }, { a: 1, b: 2, c: 3, d: 4, e: 5, '…': '1 more' }],
    ['depth', { a: { b: { c: { d: { e: 1 } } } } }, { a: { b: { c: { d: '…' } } } }],
    [
      'objects whose toJSON throws',
      {
        toJSON: () => {
          throw new Error('no');
        },
      },
      '(unreadable)',
    ],
  ])('copies %s', (_, value, copy) => {
    expect(serialize(value, rules)).toEqual(copy);
  });

  it('shows an error with its code, message and cause', () => {
    const error = Object.assign(new TypeError('No.', { cause: new Error('Why.') }), { code: 'E_NO' });
    expect(serialize(error, rules)).toEqual({
      name: 'TypeError',
      code: 'E_NO',
      message: 'No.',
      cause: { name: 'Error', message: 'Why.' },
    });
    const ours = new PluginError({ code: 'SPAWN_FAILED', message: 'Full.', hint: 'Wait.' });
    expect(serialize(ours, { ...rules, maxPerContainer: 10 })).toMatchObject({
      code: 'SPAWN_FAILED',
      message: 'Full.',
      hint: 'Wait.',
    });
  });

  it('stops at a circular reference', () => {
    const value: { self?: unknown; twice: unknown[] } = { twice: [] };
    const shared = { a: 1 };
    value.self = value;
    value.twice = [shared, shared];
    expect(serialize(value, rules)).toEqual({ self: '(circular)', twice: [{ a: 1 }, { a: 1 }] });
  });

  it('stops at the greatest number of values', () => {
    const wide = Array.from({ length: 5 }, () => Array.from({ length: 5 }, () => [1, 2, 3]));
    const copy = JSON.stringify(serialize(wide, rules));
    expect(copy.match(/\d/g)?.length).toBeLessThan(50);
    expect(copy).toContain('"…"');
  });

  it('copies past a getter that throws, and a key that would set the prototype', () => {
    const value = JSON.parse('{"__proto__":{"a":1}}') as object;
    Object.defineProperty(value, 'bad', {
      enumerable: true,
      get: () => {
        throw new Error('no');
      },
    });
    expect(JSON.stringify(serialize(value, rules))).toBe('{"__proto__":{"a":1},"bad":"(unreadable)"}');
  });
});

describe('redacted values', () => {
  const shown = (value: unknown) => serialize(value, { ...rules, redact: redactSecrets, maxTextLength: 100 });

  it('are the values of environment variables, not their names', () => {
    for (const key of ['env', 'hostEnv', 'environment', 'env_vars', 'environmentVariables']) {
      expect(shown({ [key]: { PATH: '/bin' } })).toEqual({ [key]: { PATH: '(redacted)' } });
    }
    expect(shown({ env: ['PATH=/bin\n/sbin', 'HOME'] })).toEqual({ env: ['PATH=(redacted)', 'HOME'] });
  });

  it('are values whose key names a secret', () => {
    const secrets = {
      password: 'a',
      authToken: 'b',
      apiKey: 1,
      client_secret: { deep: 'c' },
      Authorization: 'd',
    };
    expect(Object.values(shown(secrets) as object)).toEqual(Array.from({ length: 5 }, () => '(redacted)'));
  });

  it('do not include anything else', () => {
    const open = { venv: '/x', inheritEnv: 'minimal', cookieKey: 'A', token: null, isSecret: true };
    expect(shown(open)).toEqual(open);
    class Ref {
      readonly id = 'environment';
    }
    expect(shown({ environment: new Ref() })).toEqual({ environment: { id: 'environment' } });
  });
});
