import { isIPv4, isIPv6 } from 'node:net';
import fc from 'fast-check';
import { checkAddress, dialTarget, parseTcpAddress } from '../../src/go-plugin/index.js';
import { isIpv4, isIpv6 } from '../../src/go-plugin/ip-address.js';

describe('the target that grpc-js dials', () => {
  it.each<['unix' | 'tcp', string, string]>([
    ['unix', '/tmp/plugin123', 'unix:/tmp/plugin123'],
    ['unix', '/tmp/with space:and%20', 'unix:/tmp/with space:and%20'],
    ['unix', '//tmp/plugin', 'unix:////tmp/plugin'],
    ['unix', 'plugin.sock', 'unix:plugin.sock'],
    ['tcp', '127.0.0.1:1234', 'ipv4:127.0.0.1:1234'],
    ['tcp', '10.1.2.3:00080', 'ipv4:10.1.2.3:80'],
    ['tcp', '[::1]:1', 'ipv6:[::1]:1'],
    ['tcp', '[fe80::1%eth0]:65535', 'ipv6:[fe80::1%eth0]:65535'],
    ['tcp', 'localhost:1234', 'dns:///localhost:1234'],
    ['tcp', 'plugin-1.ns_a.svc:1', 'dns:///plugin-1.ns_a.svc:1'],
  ])('of %s %j is %j', (network, address, target) => {
    expect(dialTarget({ network, address })).toBe(target);
  });

  it.each([
    [':1234', 'ipv4:127.0.0.1:1234'],
    ['0.0.0.0:1', 'ipv4:127.0.0.1:1'],
    ['[::]:1', 'ipv6:[::1]:1'],
    ['[0:0:0:0:0:0:0:0]:1', 'ipv6:[::1]:1'],
  ])('of %j, which means every address of the machine, is the loopback %j', (address, target) => {
    expect(dialTarget({ network: 'tcp', address })).toBe(target);
  });

  it('is not made for an address that cannot be dialled', () => {
    expect(() => dialTarget({ network: 'unix', address: '@p' })).toThrow(/abstract namespace/);
    expect(() => dialTarget({ network: 'tcp', address: 'localhost' })).toThrow(/not host:port/);
  });
});

describe('checking an address', () => {
  it.each([
    ['tcp', '127.0.0.1:1'],
    ['tcp', '127.0.0.1:65535'],
    ['tcp', '[::ffff:1.2.3.4]:80'],
    ['tcp', 'a:1'],
    ['unix', '/'],
    ['unix', `/${'p'.repeat(106)}`],
  ])('finds nothing wrong with %s %j', (network, address) => {
    expect(checkAddress(network, address)).toBeNull();
  });

  it.each<[string, string, RegExp]>([
    ['udp', '127.0.0.1:1', /only the networks unix and tcp/],
    ['', '', /only the networks/],
    ['tcp', '', /not host:port/],
    ['tcp', ':', /not host:port/],
    ['tcp', 'localhost:http', /not host:port/],
    ['tcp', '127.0.0.1:-1', /not host:port/],
    ['tcp', '127.0.0.1: 1', /not host:port/],
    ['tcp', '::1:1', /not host:port/],
    ['tcp', '[::1]', /not host:port/],
    ['tcp', '[::1]1', /not host:port/],
    ['tcp', '127.0.0.1:0', /port is not between/],
    ['tcp', '127.0.0.1:65536', /port is not between/],
    ['tcp', `h:${'9'.repeat(400)}`, /port is not between/],
    ['tcp', '256.0.0.1:1', /neither an IP address nor a host name/],
    ['tcp', '127.1:1', /neither/],
    ['tcp', '[127.0.0.1]:1', /neither/],
    ['tcp', '[]:1', /neither/],
    ['tcp', '[1::2::3]:1', /neither/],
    ['tcp', 'a/b:1', /neither/],
    ['tcp', '-a:1', /neither/],
    ['unix', '', /empty/],
    ['unix', '@abstract', /abstract/],
    ['unix', '\0abstract', /abstract/],
    ['unix', '/a\nb', /control characters/],
    ['unix', `/${'é'.repeat(54)}`, /109 bytes and the system takes 107/],
  ])('refuses %s %j', (network, address, problem) => {
    const error = checkAddress(network, address);
    expect(error?.code).toBe('NETWORK_UNSUPPORTED');
    expect(error?.message).toMatch(problem);
    expect(error?.hint).toMatch(/^Let the plugin/);
    expect(error?.facts).toEqual({ network, address });
  });

  it('never lets an address pass that has no target, whatever the text', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('unix', 'tcp'),
        fc.oneof(fc.string(), fc.string({ unit: 'binary' })),
        (network, address) => {
          if (checkAddress(network, address) === null)
            expect(dialTarget({ network, address })).toMatch(/^(?:unix|ipv4|ipv6|dns):./);
          else expect(() => dialTarget({ network, address })).toThrow();
        },
      ),
    );
  });
});

describe('reading a TCP address', () => {
  it('gives the host to dial without brackets, and the port', () => {
    expect(parseTcpAddress('[2001:db8::1]:443')).toEqual({
      ok: true,
      host: '2001:db8::1',
      port: 443,
      family: 'ipv6',
    });
    expect(parseTcpAddress(':443')).toEqual({ ok: true, host: '127.0.0.1', port: 443, family: 'ipv4' });
    expect(parseTcpAddress('Host.example:443')).toEqual({
      ok: true,
      host: 'Host.example',
      port: 443,
      family: 'name',
    });
  });

  it('reads back every address that was written', () => {
    const host = fc.oneof(
      fc.ipV4(),
      fc.ipV6().map((address) => `[${address}]`),
      fc.domain(),
    );
    fc.assert(
      fc.property(host, fc.integer({ min: 1, max: 65535 }), (written, port) => {
        expect(parseTcpAddress(`${written}:${port}`)).toMatchObject({ ok: true, port });
      }),
    );
  });
});

describe('telling IP addresses apart', () => {
  const piece = fc.constantFrom(
    ':',
    '::',
    '.',
    '0',
    '1',
    'ff',
    '10000',
    '255',
    '256',
    '1.2.3.4',
    'fe80',
    '%eth0',
    'g',
    '01',
  );
  const almostIp = fc.oneof(
    fc.ipV4(),
    fc.ipV6(),
    fc.array(piece, { maxLength: 17 }).map((pieces) => pieces.join('')),
  );

  it('agrees with Node', () => {
    fc.assert(
      fc.property(almostIp, (text) => {
        expect({ text, four: isIpv4(text), six: isIpv6(text) }).toEqual({
          text,
          four: isIPv4(text),
          six: isIPv6(text),
        });
      }),
      { numRuns: 3000 },
    );
  });

  it.each([
    '::',
    '::1',
    '1::',
    '1:2:3:4:5:6:7::',
    '::2:3:4:5:6:7:8',
    '1:2:3:4:5:6:7:8',
    '::1.2.3.4',
    '1:2:3:4:5:6:1.2.3.4',
    'fe80::1%eth0',
  ])('knows %s for version 6', (text) => {
    expect(isIpv6(text)).toBe(true);
  });

  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '1.2.3.4',
    '1.2.3.4::',
    '::1.2.3',
    '12345::',
    '::%',
  ])('does not take %j for version 6', (text) => {
    expect(isIpv6(text)).toBe(false);
  });
});
