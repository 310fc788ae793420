import { isPluginError } from '../../src/model/index.js';
import { planOf, type ServeOptions } from '../../src/plugin/options.js';

const services = (): void => undefined;

function refusalOf(options: unknown): unknown {
  try {
    return planOf(options as ServeOptions, 'linux');
  } catch (error) {
    return isPluginError(error) ? [error.code, error.facts.path, error.message] : error;
  }
}

const wrong: [string, unknown, string][] = [
  ['options', null, 'be an object'],
  ['services', {}, 'be given'],
  ['services', { services: {} }, 'be a function, or a list'],
  ['services', { services: [{ definition: {} }] }, 'be a function, or a list'],
  ['versions', { versions: { one: services } }, 'have whole numbers'],
  ['versions', { versions: { '-1': services } }, 'have whole numbers'],
  ['versions.2', { versions: { 2: 'services' } }, 'be a function, or a list'],
  ['service', { service: services }, 'not be given: known are services, versions'],
  ['handshake', { services, handshake: 'ESPALIER_PLUGIN' }, 'be an object'],
  ['handshake.cookieKey', { services, handshake: { cookieKey: '' } }, 'be a text'],
  ['handshake.protocolVersion', { services, handshake: { protocolVersion: 1.5 } }, 'be a whole number'],
  ['handshake.cookie', { services, handshake: { cookie: 'x' } }, 'not be given: known are cookieKey'],
  ['hooks.onActivate', { services, hooks: { onActivate: true } }, 'be a function'],
  ['hooks.onStart', { services, hooks: { onStart: services } }, 'not be given: known are onActivate'],
  ['network', { services, network: 'udp' }, 'be one of unix, tcp'],
  ['mtls', { services, mtls: true }, 'be one of auto, required, off'],
  ['graceMs', { services, graceMs: -1 }, 'be a number of milliseconds'],
  ['graceMs', { services, graceMs: NaN }, 'be a number of milliseconds'],
  ['exitWithHost', { services, exitWithHost: 'no' }, 'be true or false'],
  ['stream', { services, stream: ['stdin'] }, "be a list of 'stdout' and 'stderr'"],
  ['grpc', { services, grpc: 4 }, 'be an object'],
];

describe('the options of serve', () => {
  it.each(wrong)('are refused with the path %s for %j', (path, options, wanted) => {
    expect(refusalOf(options)).toEqual([
      'CONFIG_INVALID',
      path,
      expect.stringContaining(`serve: ${path} must ${wanted}`),
    ]);
  });

  it('have defaults', () => {
    expect(planOf({ services }, 'linux')).toEqual({
      versions: new Map([[1, services]]),
      cookieKey: 'ESPALIER_PLUGIN',
      cookieValue: 'espalier',
      hooks: {},
      network: 'unix',
      mtls: 'auto',
      graceMs: 1000,
      exitWithHost: true,
      stream: null,
      grpc: {},
    });
  });

  it('listen on TCP on Windows, which has no unix sockets for gRPC', () => {
    expect(planOf({ services }, 'win32').network).toBe('tcp');
  });

  it('put the services among the versions, where those of the same number win', () => {
    const other = (): void => undefined;
    const { versions } = planOf({ services, versions: { 1: other, 2: services } }, 'linux');
    expect([...versions]).toEqual([
      [1, other],
      [2, services],
    ]);
  });
});
