import {
  bundleListing,
  isExcluded,
  canonicalManifest,
  parseChecksum,
  parseLockFile,
  parseManifest,
  renderLockFile,
} from '../../src/bundle/index.js';
import type { Manifest } from '../../src/model/index.js';

const hex = 'ab'.repeat(32);
const sum = `sha256:${hex}`;

describe('a checksum', () => {
  it.each([
    [sum, { algorithm: 'sha256', hex }],
    [`sha256:${hex.toUpperCase()}`, { algorithm: 'sha256', hex }],
    [`sha512:${hex}${hex}`, { algorithm: 'sha512', hex: hex + hex }],
  ])('is read: %s', (text, checksum) => {
    expect(parseChecksum(text)).toEqual(checksum);
  });

  it.each([
    '',
    'sha256:',
    hex,
    `md5:${'a'.repeat(32)}`,
    `sha512:${hex}`,
    `${sum}0`,
    ` ${sum}`,
    `toString:${hex}`,
  ])('is nothing else: %j', (text) => {
    expect(parseChecksum(text)).toBeNull();
  });
});

describe('the checksums of a manifest', () => {
  const parse = (fields: object) =>
    parseManifest(JSON.stringify({ id: 'one', server: { executable: 'a.py' }, ...fields }), 'plugin.json');

  it('are a part of it', () => {
    const parsed = parse({ checksums: { 'a.py': sum }, bundle: sum });
    expect(parsed).toMatchObject({ ok: true, manifest: { checksums: { 'a.py': sum }, bundle: sum } });
  });

  it.each<[string, object]>([
    ['an unknown algorithm', { checksums: { 'a.py': `md5:${'a'.repeat(32)}` } }],
    ['an empty checksum', { checksums: { 'a.py': '' } }],
    ['no file at all', { checksums: {} }],
    ['a checksum that is no text', { bundle: 7 }],
    ['an empty checksum of the bundle', { bundle: '' }],
    ['a path that leaves the bundle', { checksums: { '../a.py': sum } }],
    ['a path that is not plain', { checksums: { './a.py': sum } }],
    ['an absolute path', { checksums: { '/a.py': sum } }],
  ])('are refused with %s', (_, fields) => {
    expect(parse(fields)).toMatchObject({ ok: false, error: { code: 'MANIFEST_INVALID' } });
  });
});

describe('what a checksum of a bundle covers', () => {
  it('is listed by the bytes of the paths, one line for each that no name can forge', () => {
    const entry = (path: string) => ({ kind: 'file' as const, path, hex });
    const listing = bundleListing([entry('b'), entry('a/z'), entry('a\nfile'), entry('é'), entry('Z')]);
    expect(listing.split('\n').map((line) => line.slice(hex.length + 6))).toEqual([
      '"Z"',
      String.raw`"a\nfile"`,
      '"a/z"',
      '"b"',
      '"é"',
      '',
    ]);
    expect(bundleListing([{ kind: 'link', path: 'b', hex }])).toBe(`link ${hex} "b"\n`);
  });

  it('is of the manifest what it means, without its own checksums', () => {
    const json = canonicalManifest(
      '{ "id": "x", "bundle": "sha256:1", "env": { "B": "2", "A": "1" } }',
      'p.json',
    );
    expect(json).toBe('{"env":{"A":"1","B":"2"},"id":"x"}');
    expect(canonicalManifest('# why\nenv: {A: "1", B: "2"}\nid: x\n', 'p.yaml')).toBe(json);
    expect(canonicalManifest('{"id":"x","env":{"A":"1","B":"3"}}', 'p.json')).not.toBe(json);
    expect(canonicalManifest('{', 'p.json')).toBeNull();
  });

  const manifest: Manifest = {
    ...{ id: 'one', name: 'one', version: '1', server: {}, requires: [], supervision: {}, env: {} },
  };
  const with_ = (python: Manifest['server']['python']): Manifest => ({ ...manifest, server: { python } });

  it.each<[string, boolean, Manifest, 'python' | 'node']>([
    ['lib/__pycache__', true, manifest, 'python'],
    ['.git', true, manifest, 'node'],
    ['venv', true, manifest, 'python'],
    ['lib/venv', false, manifest, 'python'],
    ['venv', false, manifest, 'node'],
    ['env', true, with_({ dependency_mode: 'venv', venv_path: './env' }), 'python'],
    ['venv', false, with_({ dependency_mode: 'bundled' }), 'python'],
    ['node_modules', false, manifest, 'node'],
  ])('leaves out %s: %s', (path, left, of, runtime) => {
    expect(isExcluded(path, of, runtime)).toBe(left);
  });
});

describe('a lock file', () => {
  it('is written in one order, and read as it was', () => {
    const lock = {
      version: 1,
      plugins: { b: { files: {}, bundle: sum }, a: { files: { z: sum, 'a.py': sum } } },
    } as const;
    const text = renderLockFile(lock);
    expect(text.indexOf('"a"')).toBeLessThan(text.indexOf('"b"'));
    expect(text.indexOf('"a.py"')).toBeLessThan(text.indexOf('"z"'));
    expect(parseLockFile(text, 'lock')).toEqual(lock);
  });

  it.each([
    ['half of one', '{"version": 1, "plug', /^The lock file is not usable: lock:1:/],
    ['another version', '{"version": 2, "plugins": {}}', /lock:1:13: version/],
    ['no version', '{"plugins": {}}', /version/],
    ['an unknown key', '{"version": 1, "plugins": {}, "more": 1}', /more/],
    [
      'an unknown algorithm',
      '{"version": 1, "plugins": {"a": {"bundle": "md5:00"}}}',
      /a\.bundle must be sha256/,
    ],
    ['an empty checksum', '{"version": 1, "plugins": {"a": {"files": {"x": ""}}}}', /a\.files\.x must be/],
    ['a plugin without checksums', '{"version": 1, "plugins": {"a": {}}}', /a must have a checksum/],
    [
      'a path that leads out',
      `{"version": 1, "plugins": {"a": {"files": {"../x": "${sum}"}}}}`,
      /plain path/,
    ],
    [
      'a plugin twice',
      `{"version": 1, "plugins": {"a": {"bundle": "${sum}"}, "a": {"bundle": "${sum}"}}}`,
      /before/,
    ],
    ['something else', '[]', /lock:1:1/],
  ])('is refused when it is %s', (_, text, message) => {
    const read = () => parseLockFile(text, 'lock');
    expect(read).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }) as Error);
    expect(read).toThrow(message);
  });
});
