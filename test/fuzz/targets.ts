import fc from 'fast-check';
import { createLineSplitter } from '../../src/effects/logs/line-splitter.js';
import { createLineWriter } from '../../src/effects/logs/line-writer.js';
import { parseHostRecord } from '../../src/effects/orphans/host-record.js';
import { identityFromPs, identityFromStat } from '../../src/effects/process/process-identity.js';
import { parseLockFile, parseManifest, parsePluginRecord } from '../../src/bundle/index.js';
import {
  classifyLine,
  looksLikeHandshake,
  parseHandshakeLine,
  parseReattachProviders,
} from '../../src/go-plugin/index.js';
import { isPluginError } from '../../src/model/index.js';
import { anySession, playSession } from '../http2/session/fuzz.js';
import { bytesOf, nearly } from './mutations.js';
import { anyBrokerSession, playBroker } from './play-broker.js';
import { anyYamuxSession, playYamuxSession } from './play-yamux.js';

/** One parser or machine with what is given to it. `property` throws where an input leads to anything but a value. */
export interface FuzzTarget {
  readonly name: string;
  readonly property: fc.IProperty<unknown>;
}

function target<Input>(name: string, input: fc.Arbitrary<Input>, run: (input: Input) => void): FuzzTarget {
  return { name, property: fc.property(input, run) };
}

const offer = { protocolVersions: [1, 2], certificateExpected: true, certificateRequired: false };
const handshakes = nearly(
  [
    '1|1|unix|/run/plugin123|grpc',
    '1|2|tcp|127.0.0.1:1234|grpc|MIIB|true',
    '1|1|unix|/run/plugin|netrpc|',
    '1|1|tcp|[::1]:80|grpc||false',
  ],
  ['|', '1', '2', 'unix', 'tcp', 'grpc', 'MIIBIjAN', '0x1', ' '],
);

const logLines = nearly(
  [
    '{"@level":"info","@message":"hello","@timestamp":"2026-01-01T00:00:00.000000Z","a":{"b":[1,null]}}',
    '2026-01-01T00:00:00.000Z [WARN]  module: text: key=value other="quoted \\" text"',
    '[ERROR] something',
    'panic: runtime error',
    'goroutine 1 [running]:',
    'Traceback (most recent call last):',
  ],
  [
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"@level"',
    '@message',
    'panic: ',
    '[DEBUG] ',
    '=',
    '\\',
    'null',
    '__proto__',
  ],
);

const manifest = {
  id: 'com.example.hello',
  name: 'Hello',
  version: '1.0.0',
  server: { executable: 'plugin.py', args: ['--x'] },
  requires: ['other'],
  supervision: { restart: { restart: 'transient', backoff: { baseMs: 10 } }, health: { intervalMs: 100 } },
  env: { A: 'b' },
  limits: { openFiles: 100 },
  props: { a: [1, { b: null }] },
};
const jsonTokens = [
  '{',
  '}',
  '[',
  ']',
  ':',
  ',',
  '{"a":',
  '"id"',
  'null',
  'true',
  '1',
  '__proto__',
  '\\u0000',
  '//',
];
const yaml =
  'id: com.example.hello\nname: Hello\nversion: 1.0.0\nserver:\n  executable: plugin.py\nenv: &e {A: b}\n';
const yamlTokens = [
  '? ',
  '- ',
  '&a ',
  '*a',
  '*e',
  ': ',
  '!!binary ',
  '<<: ',
  '{',
  '[',
  '| ',
  '---\n',
  '%YAML 9\n',
  '\t',
  '#',
];

const record = JSON.stringify({
  version: 2,
  plugin: 'a',
  wanted: true,
  process: { pid: 1, startTime: '1@b', token: 't', address: 'unix:/x' },
});
const hostRecord =
  '{"version":1,"pid":1,"startTime":"1@b","scope":"s","orphans":"end","namespace":"pid:[1]"}';
const lockFile =
  '{"version":1,"plugins":{"a":{"version":"1.0.0","bundle":"sha256:00","files":{"x":"sha256:00"}}}}';

/** A parser may refuse a text with a PluginError, and with nothing else. */
function refusesTyped(parse: () => unknown): void {
  try {
    parse();
  } catch (error) {
    if (!isPluginError(error)) throw error;
  }
}

const stat = '4711 (plugin) S 1 4711 4711 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 123456 1 1';

/** All targets, by name. */
export const fuzzTargets: readonly FuzzTarget[] = [
  target('http2', anySession, playSession),
  target('yamux', anyYamuxSession, playYamuxSession),
  target('broker', anyBrokerSession, playBroker),
  target('handshake', handshakes, (line) => {
    looksLikeHandshake(line);
    const parsed = parseHandshakeLine(line, offer);
    if (!parsed.ok && !isPluginError(parsed.error)) throw new Error('It is refused without an error.');
    refusesTyped(() => parseReattachProviders(line));
  }),
  target('log-lines', fc.array(fc.tuple(bytesOf(logLines), fc.nat(64)), { maxLength: 12 }), (pieces) => {
    const lines = createLineSplitter(200);
    let mode = 'plain' as Parameters<typeof classifyLine>[1];
    for (const [bytes] of pieces)
      for (const line of [...lines.push(bytes), lines.rest()]) ({ mode } = classifyLine(line, mode));
    let written = 0;
    const writer = createLineWriter(
      () => 0,
      () => (written += 1),
    );
    for (const [bytes, cut] of pieces)
      for (let at = 0; at < bytes.length; at += cut + 1) writer.next(bytes.subarray(at, at + cut + 1));
    writer.complete();
    const printed = pieces.some(([bytes]) => bytes.length > 0);
    if (printed && written === 0) throw new Error('What was printed was not written.');
  }),
  target('manifest-json', nearly([JSON.stringify(manifest)], jsonTokens), (text) => {
    refusesTyped(() => parseManifest(text, 'plugin.json'));
  }),
  target(
    'manifest-yaml',
    nearly([yaml, JSON.stringify(manifest)], [...jsonTokens, ...yamlTokens]),
    (text) => {
      refusesTyped(() => parseManifest(text, 'plugin.yaml'));
    },
  ),
  target('state', nearly([record, hostRecord, lockFile], jsonTokens), (text) => {
    refusesTyped(() => parsePluginRecord(text));
    refusesTyped(() => parseHostRecord(text));
    refusesTyped(() => parseLockFile(text, 'lock.json'));
  }),
  target(
    'proc',
    nearly(
      [stat, '4711 (a) S 1 (b) R\n2 3) Z 1 2', 'Ss 4711 Tue Dec 1 12:00:00 2026'],
      ['(', ')', ' ', 'Z', '0'],
    ),
    (text) => {
      identityFromStat(text, 'boot');
      identityFromPs(text, 4711);
    },
  ),
];
