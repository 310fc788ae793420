import { checkServerVersion } from '../../../src/bundle/index.js';
import { parseSemanticVersion } from '../../../src/bundle/manifest/semantic-version.js';
import type { Manifest } from '../../../src/model/index.js';

const wants = (min_server_version?: string): Manifest => ({
  id: 'abc',
  name: 'abc',
  version: '0.0.0',
  min_server_version,
  server: {},
  requires: [],
  supervision: {},
  env: {},
});

describe('a plugin with a lowest server version', () => {
  it.each([
    ['9.5.0', '9.5.0'],
    ['9.5.0', '10.0.0'],
    ['9.5', '9.5.0'],
    ['9', 'v9.0'],
    ['9.5.0-rc1', '9.5.0'],
    ['9.5.0', '9.5.1-rc1'],
  ])('that wants %s runs on %s', (wanted, host) => {
    expect(checkServerVersion(wants(wanted), host)).toBeNull();
  });

  it.each([
    ['9.5.0', '9.4.9'],
    ['9.10.0', '9.9.0'],
    ['9.5', '9.4'],
    ['9.5.0', '9.5.0-rc1'],
  ])('that wants %s is refused on %s', (wanted, host) => {
    expect(checkServerVersion(wants(wanted), host)).toMatchObject({
      code: 'MANIFEST_INVALID',
      message: `The plugin needs server version ${wanted} or later (min_server_version); this is ${host}.`,
      plugin: 'abc',
      facts: { min_server_version: wanted, hostVersion: host },
    });
  });

  it('runs on a host that does not say its version', () => {
    expect(checkServerVersion(wants('9.5.0'), undefined)).toBeNull();
  });

  it('makes a host version that is none an error of the configuration', () => {
    expect(checkServerVersion(wants('9.5.0'), 'latest')).toMatchObject({ code: 'CONFIG_INVALID' });
  });
});

it('a plugin without a lowest server version runs anywhere', () => {
  expect(checkServerVersion(wants(), 'latest')).toBeNull();
});

it.each(['', 'x', '1.2.3.4', '1.', '1.2.3-', '-1'])('%j is no version', (text) => {
  expect(parseSemanticVersion(text)).toBeNull();
});
