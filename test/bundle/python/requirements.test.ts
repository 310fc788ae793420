import { readRequirements } from '../../../src/bundle/index.js';

describe('a requirements file', () => {
  it.each([
    ['', true],
    ['# nothing yet\n\n   \n', true],
    ['--index-url https://example.com/simple\n', true],
    ['-c constraints.txt\n', true],
    ['grpcio\n', false],
    ['-e .\n', false],
    ['-r more.txt\n', false],
  ])('%j: nothing to install is %s', (text, empty) => {
    expect(readRequirements(text).empty).toBe(empty);
  });

  it.each<[string, string[]]>([
    ['-r more.txt', ['more.txt']],
    ['-rmore.txt', ['more.txt']],
    ['--requirement=more.txt  # why', ['more.txt']],
    ['-c "constraints file.txt"', ['constraints file.txt']],
    ['-r \\\n  more.txt', ['more.txt']],
    ['grpcio -r', []],
  ])('%j includes %j', (text, files) => {
    expect(readRequirements(text).files).toEqual(files);
  });

  it.each<[string, string[]]>([
    ['./helper', ['./helper']],
    ['../shared/helper[extra,more]', ['../shared/helper']],
    ['.', ['.']],
    ['-e ./helper', ['./helper']],
    ['--editable=../helper', ['../helper']],
    ['libs/helper', ['libs/helper']],
    ['helper-1.0-py3-none-any.whl', ['helper-1.0-py3-none-any.whl']],
    ['./helper ; python_version < "3.12"', ['./helper']],
    ['helper @ file:///opt/my%20helper#egg=x', ['/opt/my helper']],
    ['helper@file:./helper', ['./helper']],
    ['file:../helper', ['../helper']],
    ['file://localhost/opt/helper', ['/opt/helper']],
    ['grpcio>=1.60', []],
    ['grpcio[protobuf]==1.60  # a/b', []],
    ['helper @ https://example.com/helper.whl', []],
    ['git+https://example.com/a/b.git', []],
    ['https://example.com/helper.tar.gz', []],
    ['--find-links ./wheels', []],
  ])('%j names the local packages %j', (text, locals) => {
    expect(readRequirements(text).locals).toEqual(locals);
  });
});
