// Our channel against the conformance suite of the Connect project, in client mode: `node scripts/conformance.mjs`.
// Needs Go, its module proxy, and a built dist/. Fails where a case fails; none is excused. `--write` writes the numbers
// of cases into docs/compatibility.md; other arguments go to the suite's runner.
import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useRunFolder } from './run-folder.mjs';
import { recordSuites } from './suites.mjs';

const suite = 'connectrpc.com/conformance';
const version = 'v1.0.7';
const go = existsSync('/usr/local/go/bin/go') ? '/usr/local/go/bin/go' : 'go';
const root = fileURLToPath(new URL('../', import.meta.url));
const folder = useRunFolder();

/** The relay from yamux to a server, which speaks yamux by its reference implementation. */
function buildRelay() {
  const relay = join(folder, 'relay');
  execFileSync(go, ['build', '-o', relay, '.'], { cwd: join(root, 'test/interop/yamux'), stdio: 'inherit' });
  return relay;
}

/** The suite's runner, and the folder of its protos. */
function install() {
  const bin = process.env.CONFORMANCE_BIN ?? join(folder, 'bin');
  if (!existsSync(join(bin, 'connectconformance')))
    execFileSync(go, ['install', `${suite}/cmd/connectconformance@${version}`], {
      env: { ...process.env, GOBIN: bin },
      stdio: 'inherit',
    });
  const found = execFileSync(go, ['mod', 'download', '-json', `${suite}@${version}`], { cwd: folder });
  return { runner: join(bin, 'connectconformance'), protos: join(JSON.parse(found).Dir, 'proto') };
}

const config = (compressions) => `
features:
  versions: [HTTP_VERSION_2]
  protocols: [PROTOCOL_GRPC]
  codecs: [CODEC_PROTO]
  compressions: [${compressions.map((name) => `COMPRESSION_${name}`).join(', ')}]
  streamTypes: [STREAM_TYPE_UNARY, STREAM_TYPE_CLIENT_STREAM, STREAM_TYPE_SERVER_STREAM, STREAM_TYPE_HALF_DUPLEX_BIDI_STREAM, STREAM_TYPE_FULL_DUPLEX_BIDI_STREAM]
  supportsH2c: true
  supportsTls: true
  supportsTlsClientCerts: true
  supportsTrailers: true
  supportsMessageReceiveLimit: true
`;

const { runner, protos } = install();
const relay = buildRelay();
const isWriting = process.argv.includes('--write');
const more = process.argv.slice(2).filter((argument) => argument !== '--write');
const rows = [];
let failed = 0;
for (const compression of ['IDENTITY', 'GZIP'])
  for (const way of ['short', 'ordinary', 'yamux']) {
    const file = join(folder, `${compression}.yaml`);
    writeFileSync(file, config([compression]));
    const client = [process.execPath, join(root, 'scripts/conformance/client.mjs'), protos, way, relay];
    const run = ['--mode', 'client', '--conf', file, '--max-servers', '2'];
    const { status, stdout, stderr } = spawnSync(runner, [...run, ...more, '--', ...client], {
      encoding: 'utf8',
      maxBuffer: 1 << 28,
    });
    const said = `${stdout}${stderr}`;
    if (status !== 0) console.log(said);
    const name = way === 'yamux' ? 'over yamux' : `the ${way} way`;
    console.log(`${compression}, ${name}: ${said.trim().split('\n').slice(-2).join(' ')}`);
    failed += status === 0 ? 0 : 1;
    const [, passed] = /(\d+) passed/.exec(said) ?? [];
    const suite = `Connect conformance ${version}, ${compression.toLowerCase()}, ${name}`;
    rows.push({ suite, cases: passed, result: 'all pass' });
  }
process.exitCode = failed > 0 ? 1 : more.length > 0 ? 0 : await recordSuites(rows, { write: isWriting });
