// The two hosts behind one interface, each over its own process of the same plugin:
//   start()                    starts the plugin; the milliseconds until its first call was answered
//   unary({inFlight, calls})   makes that many calls; the milliseconds of the whole, and of each call
//   stop()                     brings the plugin down
//   close()                    leaves nothing behind
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { fileURLToPath } from 'node:url';
import { credentials, loadPackageDefinition } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { createEnvironment } from '../dist/esm/index.js';
import { benchPrograms } from './build.mjs';

const key = 'bench';
const proto = fileURLToPath(new URL('../test/interop/proto/examples.proto', import.meta.url));
const { KV } = loadPackageDefinition(loadSync(proto)).proto;

/** Runs a benchmark with both hosts, with AutoMTLS or in the clear, and a folder for the plugin's file, all gone afterwards. */
export async function withHosts({ mtls }, benchmark) {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'));
  writeFileSync(join(folder, `kv_${key}`), 'x'.repeat(100));
  const { goHost, plugin } = benchPrograms();
  const hosts = [];
  try {
    hosts.push(await espalierHost(plugin, folder, mtls), referenceHost(goHost, plugin, folder, mtls));
    const [espalier, reference] = hosts;
    await benchmark({ espalier, reference });
  } finally {
    for (const host of hosts) await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs a benchmark with one Espalier for each way to multiplex, by name, all gone afterwards. */
export async function withEspaliers(ways, benchmark) {
  const folder = mkdtempSync(join(tmpdir(), 'espalier-bench-'));
  writeFileSync(join(folder, `kv_${key}`), 'x'.repeat(100));
  const { plugin } = benchPrograms();
  const hosts = {};
  try {
    for (const [name, multiplex] of Object.entries(ways))
      hosts[name] = await espalierHost(plugin, folder, false, multiplex);
    await benchmark(hosts);
  } finally {
    for (const host of Object.values(hosts)) await host.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function espalierHost(command, cwd, mtls, multiplex = 'off') {
  const id = 'plugin';
  const env = await createEnvironment({
    programs: [{ id, command, cwd }],
    handshake: { cookieKey: 'BASIC_PLUGIN', cookieValue: 'hello', protocolVersions: [1] },
    mtls: mtls ? 'required' : 'off',
    multiplex,
  });
  const client = env.plugin(id).client(KV);
  const get = promisify(client.get.bind(client));
  return {
    async start() {
      const begun = performance.now();
      await env.activate(id);
      await get({ key });
      return performance.now() - begun;
    },
    unary: (load) => callMany(get, load),
    /** The same calls by grpc-js without Espalier, on a connection of its own. */
    async bareUnary(load) {
      const bare = new KV(env.status(id).address, credentials.createInsecure(), {
        'grpc.default_authority': 'localhost',
      });
      try {
        const bareGet = promisify(bare.get.bind(bare));
        await bareGet({ key });
        return await callMany(bareGet, load);
      } finally {
        bare.close();
      }
    },
    /** The same bytes by node:http2 without any gRPC library: nothing is decoded, and no status is looked at. */
    async rawUnary(load) {
      const session = connectHttp2('http://localhost', {
        createConnection: () => connect(env.status(id).address.slice('unix:'.length)),
      });
      try {
        await once(session, 'remoteSettings');
        const message = KV.service.Get.requestSerialize({ key });
        const framed = Buffer.concat([Buffer.alloc(5), message]);
        framed.writeUInt32BE(message.length, 1);
        return await callMany(() => rawCall(session, framed), load);
      } finally {
        session.close();
      }
    },
    stop: () => env.deactivate(id),
    close: () => env.shutdown(),
  };
}

function rawCall(session, framed) {
  return new Promise((resolve, reject) => {
    const stream = session.request({
      ':method': 'POST',
      ':path': KV.service.Get.path,
      te: 'trailers',
      'content-type': 'application/grpc',
    });
    stream.on('response', () => {}).on('data', () => {});
    stream.on('trailers', resolve).on('error', reject);
    stream.end(framed);
  });
}

async function callMany(get, { inFlight, calls }) {
  const latencies = [];
  let left = calls;
  const caller = async () => {
    while (left > 0) {
      left -= 1;
      const sent = performance.now();
      await get({ key });
      latencies.push(performance.now() - sent);
    }
  };
  const begun = performance.now();
  await Promise.all(Array.from({ length: inFlight }, caller));
  return { ms: performance.now() - begun, latencies };
}

function referenceHost(goHost, plugin, folder, mtls) {
  const child = spawn(goHost, [plugin, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const order = async (wanted) => {
    child.stdin.write(`${JSON.stringify(wanted)}\n`);
    const { value, done } = await answers.next();
    if (done) throw new Error('The reference host has ended.');
    return JSON.parse(value);
  };
  return {
    start: async () => (await order({ do: 'start', mtls })).ms,
    unary: (load) => order({ do: 'unary', ...load }),
    stop: () => order({ do: 'stop' }),
    async close() {
      child.stdin.end();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}
