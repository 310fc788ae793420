import fc from 'fast-check';
import { checkAddress, parseTcpAddress } from '../../src/go-plugin/index.js';

describe('checking an address', () => {
  it.each([
    ['tcp', '127.0.0.1:1'],
    ['tcp', '127.0.0.1:65535'],
    ['tcp', '[::ffff:1.2.3.4]:80'],
    ['tcp', 'a:1'],
    ['unix', '/'],
    ['unix', `/${'p'.repeat(106)}`],
  ])('accepts %s %j', (network, address) => {
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
    ['unix', `/${'é'.repeat(54)}`, /109 bytes, but the system allows 107/],
  ])('refuses %s %j', (network, address, problem) => {
    const error = checkAddress(network, address);
    expect(error?.code).toBe('NETWORK_UNSUPPORTED');
    expect(error?.message).toMatch(problem);
    expect(error?.hint).toMatch(/^Let the plugin/);
    expect(error?.facts).toEqual({ network, address });
  });

  it('accepts exactly the tcp addresses that can be parsed, for any text', () => {
    const text = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.stringMatching(/^[\[\]:.a1%]{0,9}:[0-9]{1,6}$/),
    );
    fc.assert(
      fc.property(text, (address) => {
        expect(checkAddress('tcp', address) === null).toBe(parseTcpAddress(address).ok);
      }),
      { numRuns: 1000 },
    );
  });
});

describe('reading a TCP address', () => {
  it.each<[string, string, number]>([
    ['127.0.0.1:1234', '127.0.0.1', 1234],
    ['10.1.2.3:00080', '10.1.2.3', 80],
    ['[::1]:1', '::1', 1],
    ['[2001:db8::1]:443', '2001:db8::1', 443],
    ['[fe80::1%eth0]:65535', 'fe80::1%eth0', 65535],
    ['localhost:1234', 'localhost', 1234],
    ['plugin-1.ns_a.svc:1', 'plugin-1.ns_a.svc', 1],
    ['Host.example:443', 'Host.example', 443],
  ])('finds in %j the host %s, without brackets, and the port %d', (address, host, port) => {
    expect(parseTcpAddress(address)).toEqual({ ok: true, host, port });
  });

  it.each([
    [':1', '127.0.0.1'],
    ['0.0.0.0:1', '127.0.0.1'],
    ['[::]:1', '::1'],
    ['[0:0:0:0:0:0:0:0]:1', '::1'],
  ])('turns %j, an unspecified address, into the loopback %s', (address, host) => {
    const found = parseTcpAddress(address);
    expect(found).toMatchObject({ ok: true, host, port: 1 });
    // A listener on all addresses of IPv6 takes IPv4 too.
    expect('alternativeHost' in found).toBe(host === '::1');
  });

  it('parses every valid address', () => {
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

describe('an IPv6 address in brackets', () => {
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
  ])('is read from [%s]', (text) => {
    expect(parseTcpAddress(`[${text}]:1`)).toMatchObject({ ok: true, port: 1 });
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
  ])('is not read from [%s]', (text) => {
    expect(parseTcpAddress(`[${text}]:1`).ok).toBe(false);
  });
});
