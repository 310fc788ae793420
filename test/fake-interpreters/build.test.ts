import { spawnSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { fakeInterpreterPath, fakeInterpreters } from '../../fake-interpreters/index.js';

const withoutGrpc: FakeInterpreterName[] = [
  'never-prints-a-line',
  'prints-netrpc',
  'prints-too-few-fields',
  'wrong-core-version',
  'wrong-application-version',
  'prints-garbage',
  'prints-garbage-and-exits',
  'line-over-64-kib',
  'line-without-newline-then-hangs',
  'exits-0-before-the-line',
  'exits-3-before-the-line',
  'exits-after-the-line',
  'missing-python-module',
  'wrong-cookie',
  'never-accepts',
  'accepts-but-never-answers',
];

describe('the build of the fake interpreters', () => {
  it('builds nothing when the sources are the same', () => {
    const before = statSync(fakeInterpreterPath('healthy')).ino;
    const script = fileURLToPath(new URL('../../scripts/build-fake-interpreters.mjs', import.meta.url));
    expect(spawnSync(process.execPath, [script])).toMatchObject({ status: 0 });
    expect(statSync(fakeInterpreterPath('healthy')).ino).toBe(before);
  });

  it.each(withoutGrpc)('leaves gRPC out of %s', (name) => {
    expect(statSync(fakeInterpreterPath(name)).size).toBeLessThan(10_000);
  });

  it.each(fakeInterpreters)('makes Node of this machine run $name', ({ name }) => {
    expect(readFileSync(fakeInterpreterPath(name), 'utf8').split('\n')[0]).toBe(`#!${process.execPath}`);
  });
});
