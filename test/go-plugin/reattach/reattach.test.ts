import {
  checkReattachConfig,
  formatReattachProviders,
  parseReattachProviders,
} from '../../../src/go-plugin/index.js';
import type { ReattachConfig } from '../../../src/model/index.js';

const config: ReattachConfig = {
  protocol: 'grpc',
  protocolVersion: 6,
  addr: { network: 'unix', string: '/tmp/plugin123' },
  pid: 4711,
  test: true,
};
const name = 'registry.terraform.io/hashicorp/time';
const entry = {
  Protocol: 'grpc',
  ProtocolVersion: 6,
  Pid: 4711,
  Test: true,
  Addr: { Network: 'unix', String: '/tmp/plugin123' },
};

function refusalOf(act: () => unknown): unknown {
  try {
    return act();
  } catch (error) {
    return error;
  }
}

describe('a reattach configuration', () => {
  it('is accepted with and without a start time', () => {
    expect(checkReattachConfig(config)).toBeNull();
    expect(checkReattachConfig({ ...config, startTime: '81234@boot' })).toBeNull();
    expect(checkReattachConfig({ ...config, addr: { network: 'tcp', string: '127.0.0.1:4711' } })).toBeNull();
  });

  it.each<[string, unknown, string]>([
    ['null', null, 'CONFIG_INVALID'],
    ['a list', [config], 'CONFIG_INVALID'],
    ['an empty protocol, which means net/rpc', { ...config, protocol: '' }, 'PROTOCOL_UNSUPPORTED'],
    ['net/rpc', { ...config, protocol: 'netrpc' }, 'PROTOCOL_UNSUPPORTED'],
    ['another protocol', { ...config, protocol: 'http' }, 'CONFIG_INVALID'],
    ['no protocol', { ...config, protocol: undefined }, 'CONFIG_INVALID'],
    ['half a version', { ...config, protocolVersion: 1.5 }, 'CONFIG_INVALID'],
    ['pid 0, every process of our group', { ...config, pid: 0 }, 'CONFIG_INVALID'],
    ['pid -1, every process there is', { ...config, pid: -1 }, 'CONFIG_INVALID'],
    ['a pid in words', { ...config, pid: '4711' }, 'CONFIG_INVALID'],
    ['no test', { ...config, test: undefined }, 'CONFIG_INVALID'],
    ['a start time that is a number', { ...config, startTime: 1 }, 'CONFIG_INVALID'],
    ['no address', { ...config, addr: undefined }, 'CONFIG_INVALID'],
    ['half an address', { ...config, addr: { network: 'unix' } }, 'CONFIG_INVALID'],
    ['another network', { ...config, addr: { network: 'udp', string: '/x' } }, 'NETWORK_UNSUPPORTED'],
    [
      'a TCP address without a port',
      { ...config, addr: { network: 'tcp', string: 'x' } },
      'NETWORK_UNSUPPORTED',
    ],
  ])('is refused when it has %s', (_, value, code) => {
    expect(checkReattachConfig(value)).toMatchObject({ code, hint: expect.any(String) as string });
  });

  it('is refused with all its problems in one error', () => {
    const refusal = checkReattachConfig({ protocol: 'grpc' });
    expect(refusal?.facts['problems']).toHaveLength(4);
  });
});

describe('TF_REATTACH_PROVIDERS', () => {
  it('is read as a plugin prints it', () => {
    expect(parseReattachProviders(JSON.stringify({ [name]: entry }))).toEqual({ [name]: config });
    expect(parseReattachProviders('{}')).toEqual({});
  });

  it('is written as Terraform reads it', () => {
    expect(JSON.parse(formatReattachProviders({ [name]: config }))).toEqual({ [name]: entry });
  });

  it('is unchanged after it was written and read, start time and unusual names included', () => {
    const configs = Object.fromEntries([
      ['b', { ...config, startTime: '81234@boot', test: false }],
      ['__proto__', config],
    ]) as Record<string, ReattachConfig>;
    expect(parseReattachProviders(formatReattachProviders(configs))).toEqual(configs);
  });

  it('may have unknown keys', () => {
    expect(parseReattachProviders(JSON.stringify({ [name]: { ...entry, New: 1 } }))[name]).toEqual(config);
  });

  it.each<[string, string]>([
    ['is no JSON', `'{}'`],
    ['is empty', ''],
    ['is a list', '[]'],
    ['is null', 'null'],
  ])('is refused when it %s', (_, text) => {
    const refusal = refusalOf(() => parseReattachProviders(text));
    expect(refusal).toMatchObject({ name: 'PluginError', code: 'CONFIG_INVALID' });
    expect((refusal as Error).message).toContain('TF_REATTACH_PROVIDERS');
  });

  it.each<[string, unknown, string]>([
    ['is no object', 'unix:/tmp', 'CONFIG_INVALID'],
    ['is in lower case', config, 'CONFIG_INVALID'],
    ['speaks net/rpc', { ...entry, Protocol: 'netrpc' }, 'PROTOCOL_UNSUPPORTED'],
    ['has no pid', { ...entry, Pid: undefined }, 'CONFIG_INVALID'],
    ['has no version', { ...entry, ProtocolVersion: undefined }, 'CONFIG_INVALID'],
    ['has an address in one word', { ...entry, Addr: 'unix:/tmp/x' }, 'CONFIG_INVALID'],
    ['has an unknown network', { ...entry, Addr: { Network: 'udp', String: 'x' } }, 'NETWORK_UNSUPPORTED'],
    ['has a start time of null', { ...entry, StartTime: null }, 'CONFIG_INVALID'],
  ])('is refused, with the name of the plugin, when an entry %s', (_, broken, code) => {
    const refusal = refusalOf(() => parseReattachProviders(JSON.stringify({ [name]: broken })));
    expect(refusal).toMatchObject({ name: 'PluginError', code });
    expect((refusal as Error).message).toContain(name);
  });
});
