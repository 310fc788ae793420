import fc from 'fast-check';
import { PluginError } from '../../../src/model/index.js';
import { announcedSocket, looksLikeHandshake, parseHandshakeLine } from '../../../src/go-plugin/index.js';
import type { HandshakeOffer } from '../../../src/go-plugin/index.js';
import { almostValidLine, anyOffer } from './almost-valid-lines.js';
import { outcomeOf } from './handshake-oracle.js';
import type { Row } from './handshake-oracle.js';

const der = Uint8Array.from({ length: 60 }, (_, index) => index);
const certificate = Buffer.from(der).toString('base64').replace(/=+$/, '');
const offer: HandshakeOffer = { protocolVersions: [1, 2] };

describe('a handshake line that is accepted', () => {
  const plain = { coreVersion: 1, appVersion: 1, protocol: 'grpc', certificate: null, multiplexed: false };
  const overTcp = { ...plain, network: 'tcp', address: '127.0.0.1:1234' };
  const overUnix = { ...plain, network: 'unix', address: '/tmp/p1' };

  it.each<[string, string, HandshakeOffer, object]>([
    ['has five fields, as non-Go plugins print it', '1|1|tcp|127.0.0.1:1234|grpc', offer, overTcp],
    ['has an empty sixth field, as Go plugins print it', '1|1|unix|/tmp/p1|grpc|', offer, overUnix],
    [
      'announces the other version that was offered',
      '1|2|unix|/tmp/p1|grpc|',
      offer,
      { ...overUnix, appVersion: 2 },
    ],
    ['has integers as Go reads them', '+1|01|unix|/tmp/p1|grpc|', offer, overUnix],
    ['has space around it', ' \t1|1|unix|/tmp/p1|grpc|\r', offer, overUnix],
    ['has an empty host', '1|1|tcp|:1234|grpc|', offer, { ...overTcp, address: ':1234' }],
    ['has an address of version 6', '1|1|tcp|[::1]:1|grpc', offer, { ...overTcp, address: '[::1]:1' }],
    ['has old extra data in field 6', '1|1|unix|/tmp/p1|grpc|extra', offer, overUnix],
    ['has a field 6 of exactly 50 characters', `1|1|unix|/tmp/p1|grpc|${'!'.repeat(50)}`, offer, overUnix],
    [
      'has four fields where netrpc is allowed',
      '1|1|tcp|127.0.0.1:1234',
      { ...offer, allowNetrpc: true },
      { ...overTcp, protocol: 'netrpc' },
    ],
    [
      'says netrpc where it is allowed',
      '1|1|tcp|127.0.0.1:1234|netrpc',
      { ...offer, allowNetrpc: true },
      { ...overTcp, protocol: 'netrpc' },
    ],
    [
      'has a certificate where one is expected',
      `1|1|unix|/tmp/p1|grpc|${certificate}`,
      { ...offer, certificateExpected: true },
      { ...overUnix, certificate: der },
    ],
    [
      'has no certificate though one is expected',
      '1|1|unix|/tmp/p1|grpc|',
      { ...offer, certificateExpected: true },
      overUnix,
    ],
    [
      'agrees to multiplexing',
      '1|1|unix|/tmp/p1|grpc||true',
      { ...offer, multiplexing: 'required' },
      { ...overUnix, multiplexed: true },
    ],
    [
      'agrees to multiplexing in another word for true',
      '1|1|unix|/tmp/p1|grpc||T',
      { ...offer, multiplexing: 'required' },
      { ...overUnix, multiplexed: true },
    ],
    ['agrees to multiplexing that was not offered', '1|1|unix|/tmp/p1|grpc||true', offer, overUnix],
    ['has garbage in field 7 that was not offered', '1|1|unix|/tmp/p1|grpc||maybe|more', offer, overUnix],
    [
      'agrees to multiplexing that it was free to decline',
      '1|1|unix|/tmp/p1|grpc||true',
      { ...offer, multiplexing: 'auto' },
      { ...overUnix, multiplexed: true },
    ],
    [
      'declines multiplexing as it was free to',
      '1|1|unix|/tmp/p1|grpc||false',
      { ...offer, multiplexing: 'auto' },
      overUnix,
    ],
    [
      'knows nothing of multiplexing, as it was free to',
      '1|1|unix|/tmp/p1|grpc|',
      { ...offer, multiplexing: 'auto' },
      overUnix,
    ],
    [
      'has a certificate and agrees to multiplexing',
      `1|1|unix|/tmp/p1|grpc|${certificate}|1`,
      { ...offer, certificateExpected: true, multiplexing: 'auto' },
      { ...overUnix, certificate: der, multiplexed: true },
    ],
    [
      'has more fields than we know',
      '1|1|unix|/tmp/p1|grpc||1|x|y|z',
      { ...offer, multiplexing: 'required' },
      { ...overUnix, multiplexed: true },
    ],
    [
      'speaks netrpc, which was never multiplexed',
      '1|1|unix|/tmp/p1|netrpc',
      { ...offer, allowNetrpc: true, multiplexing: 'required' },
      { ...overUnix, protocol: 'netrpc' },
    ],
  ])('%s', (_, line, given, expected) => {
    expect(parseHandshakeLine(line, given)).toEqual({ ok: true, handshake: expected });
  });
});

describe('the socket that a line announces', () => {
  it.each([
    ['1|1|unix|/tmp/p1|grpc|', '/tmp/p1'],
    ['2|99|unix|/tmp/p1', '/tmp/p1'],
    [' 1|1|unix|/tmp/p1|netrpc', '/tmp/p1'],
    ['1|1|tcp|127.0.0.1:1|grpc', null],
    ['1|1|unix|p1|grpc', null],
    ['1|1|unix', null],
  ])('of %j is %j, whether it is accepted or not', (line, socket) => {
    expect(announcedSocket(line)).toBe(socket);
  });
});

describe('the hint for a line of another protocol', () => {
  const refusal = (line: string): PluginError => {
    const result = parseHandshakeLine(line, offer);
    if (result.ok) throw new Error('It was accepted.');
    return result.error;
  };

  it.each([
    ['an older one without a core version', '5|unix|/tmp/p1|grpc', /older protocol than go-plugin/],
    ['an older one with three fields', '1|tcp|127.0.0.1:1234', /older protocol than go-plugin/],
    ['a core version before the first', '0|1|unix|/tmp/p1|grpc', /before the first/],
    ['a newer core version', '2|1|unix|/tmp/p1|grpc', /library of core protocol 1/],
  ])('is made for %s', (_, line, hint) => {
    expect(refusal(line).hint).toMatch(hint);
  });

  it('follows a message that leaves out the rest of a certificate', () => {
    const { message, facts } = refusal(`1|99|unix|/tmp/p1|grpc|${'A'.repeat(700)}`);
    expect(message).toContain('"1|99|unix|/tmp/p1|grpc|AAAAAAAAAAAAAAAA…" was refused');
    expect(String(facts['line'])).toContain('A'.repeat(100));
  });
});

describe('a handshake line that is refused', () => {
  const mux: HandshakeOffer = { ...offer, multiplexing: 'required' };
  const free: HandshakeOffer = { ...offer, multiplexing: 'auto' };
  const tls: HandshakeOffer = { ...offer, certificateExpected: true };
  const onlyTls: HandshakeOffer = { ...tls, certificateRequired: true };

  it.each([
    ...refusals('HANDSHAKE_UNRECOGNIZED', 'line', [
      ['c: is empty', '', offer, /it is empty/],
      ['c: is blank', ' \t ', offer, /it is empty/],
      [
        'd: is something else',
        'lolinvalid',
        offer,
        /"lolinvalid" was refused: it has 1 of the at least 4 fields/,
      ],
      ['d: ends after the network', '1|1|unix', offer, /it has 3 of/],
    ]),
    ...refusals('HANDSHAKE_UNRECOGNIZED', 'coreVersion', [
      [
        'e: has a word for core version',
        'one|1|unix|/p|grpc',
        offer,
        /field 1 .* is "one", which is not a whole number/,
      ],
      ['e: has a space before the bar', '1 |1|unix|/p|grpc', offer, /is "1 "/],
      ['e: has an underscore in the number', '1_0|1|unix|/p|grpc', offer, /"1_0"/],
      ['e: has a number that cannot be held', '9007199254740992|1|unix|/p|grpc', offer, /whole number/],
    ]),
    ...refusals('CORE_VERSION_MISMATCH', 'coreVersion', [
      ['f: has core version 2', '2|1|unix|/p|grpc', offer, /is 2, but this host supports 1/],
      ['f: has core version -1', '-1|1|unix|/p|grpc', offer, /is -1/],
      ['f before d of later fields: has core version 0', '0|x|y|z', offer, /is 0/],
    ]),
    ...refusals('HANDSHAKE_UNRECOGNIZED', 'appVersion', [
      ['g: has an empty version', '1||unix|/p|grpc', offer, /field 2 .* is "", which/],
      ['g: has a version with a fraction', '1|1.5|unix|/p|grpc', offer, /"1\.5"/],
    ]),
    ...refusals('APP_VERSION_MISMATCH', 'appVersion', [
      ['h: has a version that was not offered', '1|11|tcp|:1234', offer, /is 11, but this host offers 1, 2/],
      [
        'h: has a version where none was offered',
        '1|1|tcp|:1234|grpc',
        { protocolVersions: [] },
        /offers none/,
      ],
    ]),
    ...refusals('NETWORK_UNSUPPORTED', 'address', [
      ['j: has port 0', '1|1|tcp|127.0.0.1:0|grpc', offer, /"127\.0\.0\.1:0", but its port/],
      ['j: has a port that is too high', '1|1|tcp|127.0.0.1:65536|grpc', offer, /65535/],
      ['j: has no port', '1|1|tcp|localhost|grpc', offer, /not host:port/],
      ['j: has an address of version 6 without brackets', '1|1|tcp|::1:80|grpc', offer, /not host:port/],
      ['j: has an empty path', '1|1|unix||grpc', offer, /path is empty/],
      ['j: has an abstract socket', '1|1|unix|@p|grpc', offer, /abstract/],
      [
        'j: has a path of 108 bytes',
        `1|1|unix|/${'p'.repeat(107)}|grpc`,
        offer,
        /108 bytes, but the system allows 107/,
      ],
    ]),
    ...refusals('NETWORK_UNSUPPORTED', 'network', [
      ['k: has another network', '1|1|udp|/p|grpc', offer, /field 3 \(network\) is "udp"/],
    ]),
    ...refusals('PROTOCOL_UNSUPPORTED', 'protocol', [
      [
        'l: has four fields, which means netrpc',
        '1|1|tcp|:1234',
        offer,
        /ends before field 5 .* means netrpc/,
      ],
      ['l: says netrpc', '1|1|tcp|:1234|netrpc', offer, /"netrpc", but this host supports only grpc/],
      ['l: has an empty protocol', '1|1|tcp|:1234||', { ...offer, allowNetrpc: true }, /is ""/],
    ]),
    ...refusals('CERTIFICATE_INVALID', 'certificate', [
      [
        'm: has padding after its certificate',
        `1|1|unix|/p|grpc|${'A'.repeat(54)}==`,
        tls,
        /not unpadded standard base64/,
      ],
      ['m: has a certificate in the alphabet of URLs', `1|1|unix|/p|grpc|${'A'.repeat(55)}_`, tls, /base64/],
      [
        'm: has a certificate with one character too many',
        `1|1|unix|/p|grpc|${'A'.repeat(53)}`,
        tls,
        /base64/,
      ],
      ['m before o: has no certificate, unasked', `1|1|unix|/p|grpc|${'!'.repeat(51)}`, offer, /base64/],
      [
        'o: has a certificate that was not offered',
        `1|1|unix|/p|grpc|${certificate}`,
        offer,
        /did not offer TLS/,
      ],
    ]),
    ...refusals('MTLS_UNSUPPORTED', 'certificate', [
      [
        't: has no certificate though one is required',
        '1|1|unix|/p|grpc|',
        onlyTls,
        /announces no certificate/,
      ],
      [
        't: has something too short to be a certificate where one is required',
        '1|1|unix|/p|grpc|extra',
        onlyTls,
        /requires mutual TLS/,
      ],
    ]),
    ...refusals('MUX_UNSUPPORTED', 'multiplexed', [
      ['p: ends before field 7', '1|1|tcp|:1234|grpc|', mux, /ends before field 7/],
      ['q: has garbage in field 7', '1|1|tcp|:1234|grpc||maybe', mux, /"maybe", which is not a boolean/],
      ['q: has an empty field 7', '1|1|tcp|:1234|grpc||', mux, /"", which is not a boolean/],
      [
        'q: has garbage in field 7 where it was free to decline',
        '1|1|tcp|:1234|grpc||maybe',
        free,
        /"maybe", which is not a boolean/,
      ],
      [
        'q: has an empty field 7 where it was free to decline',
        '1|1|tcp|:1234|grpc||',
        free,
        /"", which is not a boolean/,
      ],
      ['r: declines multiplexing', '1|1|tcp|:1234|grpc||false', mux, /does not share one socket/],
    ]),
  ])('%s', (_, line, given, message, code, field) => {
    const error = refusalOf(line, given);
    expect({ code: error.code, phase: error.phase, field: error.facts['field'] }).toEqual({
      code,
      phase: 'handshake',
      field,
    });
    expect(error.message).toMatch(message);
    expect(error.hint).toMatch(/^[A-Z].{20,}\.$/);
  });

  it('is refused for its first problem in the order of the fields', () => {
    const faults = [
      '1|1|tcp|:1|grpc||no',
      '1|1|tcp|:1|grpc|' + '?'.repeat(60),
      '1|1|tcp|:1|x',
      '1|1|tcp|:0|x',
      '1|1|udp|:0|x',
      '1|9|udp|:0|x',
      '2|9|udp|:0|x',
    ];
    expect(faults.map((line) => refusalOf(line, mux).facts['field'])).toEqual([
      'multiplexed',
      'certificate',
      'protocol',
      'address',
      'network',
      'appVersion',
      'coreVersion',
    ]);
  });

  it('gets a hint how to strip the padding of base64', () => {
    expect(refusalOf(`1|1|unix|/p|grpc|${'A'.repeat(55)}=`, tls).hint).toContain('Strip the trailing "="');
  });

  it('has the versions of both sides in the facts of a mismatch', () => {
    expect(refusalOf('1|11|unix|/p|grpc', offer).facts).toEqual({
      line: '1|11|unix|/p|grpc',
      field: 'appVersion',
      announced: 11,
      offered: [1, 2],
    });
  });

  it('is quoted with its control characters escaped', () => {
    const { message, facts } = refusalOf('no\u001b[2J"such"\u009b\u202eline', offer);
    expect(message).toContain(String.raw`"no\u001b[2J\"such\"\u009b\u202eline"`);
    expect(facts['line']).toBe(String.raw`no\u001b[2J\"such\"\u009b\u202eline`);
  });

  it('is quoted up to its 200th character', () => {
    expect(refusalOf('x'.repeat(201), offer).facts['line']).toBe(`${'x'.repeat(200)}…`);
    expect(refusalOf('x'.repeat(200), offer).facts['line']).toBe('x'.repeat(200));
  });
});

describe('recognising the handshake line in other output', () => {
  it.each(['1|1|unix|/p|grpc', '2|', '  1|x', '+1|', '-1|', '12|3'])('takes %j for it', (line) => {
    expect(looksLikeHandshake(line)).toBe(true);
  });

  it.each(['', ' ', 'lolinvalid', '|1|', '1', 'a1|', '1 |', '++1|', '[1|', 'x 1|1|unix|/p|grpc'])(
    'does not take %j for it',
    (line) => {
      expect(looksLikeHandshake(line)).toBe(false);
    },
  );
});

describe('the parser of handshake lines', () => {
  const codes: Readonly<Record<Row, string>> = {
    d: 'HANDSHAKE_UNRECOGNIZED',
    e: 'HANDSHAKE_UNRECOGNIZED',
    f: 'CORE_VERSION_MISMATCH',
    g: 'HANDSHAKE_UNRECOGNIZED',
    h: 'APP_VERSION_MISMATCH',
    j: 'NETWORK_UNSUPPORTED',
    k: 'NETWORK_UNSUPPORTED',
    l: 'PROTOCOL_UNSUPPORTED',
    m: 'CERTIFICATE_INVALID',
    o: 'CERTIFICATE_INVALID',
    p: 'MUX_UNSUPPORTED',
    q: 'MUX_UNSUPPORTED',
    r: 'MUX_UNSUPPORTED',
    t: 'MTLS_UNSUPPORTED',
  };

  it('agrees with the table of the protocol on lines that are almost valid', () => {
    fc.assert(
      fc.property(almostValidLine, anyOffer, (line, given) => {
        const outcome = outcomeOf(line, given);
        const reading = parseHandshakeLine(line, given);
        if (outcome.row === 'accepted') expect(reading).toEqual({ ok: true, handshake: outcome.handshake });
        else expect(reading.ok ? reading : reading.error.code).toBe(codes[outcome.row]);
      }),
      { numRuns: 3000 },
    );
  });

  it('is tested with every row of that table by the lines above', () => {
    const lines = fc.sample(fc.tuple(almostValidLine, anyOffer), { numRuns: 3000, seed: 7 });
    const rows = new Set(lines.map(([line, given]) => outcomeOf(line, given).row));
    expect([...rows].sort()).toEqual(['accepted', ...Object.keys(codes)]);
  });

  it('returns a handshake or a refusal for any text', () => {
    fc.assert(
      fc.property(
        fc.oneof(fc.string({ unit: 'binary' }), fc.string(), almostValidLine),
        anyOffer,
        (line, given) => {
          const reading = parseHandshakeLine(line, given);
          expect(reading.ok || reading.error instanceof PluginError).toBe(true);
          expect(reading.ok).toBe(outcomeOf(line, given).row === 'accepted');
        },
      ),
    );
  });

  it('returns a handshake or a printable refusal for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const reading = parseHandshakeLine(Buffer.from(bytes).toString('latin1'), offer);
        expect(reading.ok ? '' : reading.error.message).not.toMatch(/[\u0000-\u001f\u007f-\u009f]/);
      }),
    );
  });

  it('is fast for a line of 64 KiB of bars', () => {
    expect(refusalOf('|'.repeat(65_536), offer).code).toBe('HANDSHAKE_UNRECOGNIZED');
  });
});

type Refused = readonly [name: string, line: string, given: HandshakeOffer, message: RegExp];

/** Lines that are refused with the same code for the same field. */
function refusals(code: string, field: string, lines: readonly Refused[]) {
  return lines.map((refused) => [...refused, code, field] as const);
}

function refusalOf(line: string, given: HandshakeOffer): PluginError {
  const reading = parseHandshakeLine(line, given);
  if (reading.ok) throw new Error(`${line} was accepted`);
  return reading.error;
}
