// The least that a host in Node can do: node:child_process and node:http2, without any gRPC library. Nothing is
// checked, decoded, watched or cleaned up; it tells how much of the time is Node's own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { callMany, cookie, key, KV } from './calls.mjs';

export function nodeHost({ plugin, folder }) {
  const { path, requestSerialize } = KV.service.Get;
  const message = requestSerialize({ key });
  const framed = Buffer.concat([Buffer.alloc(5), message]);
  framed.writeUInt32BE(message.length, 1);
  const env = {
    [cookie.cookieKey]: cookie.cookieValue,
    PLUGIN_PROTOCOL_VERSIONS: '1',
    PLUGIN_MIN_PORT: '10000',
    PLUGIN_MAX_PORT: '25000',
    TMPDIR: folder,
  };
  let child;
  let session;

  const get = () =>
    new Promise((resolve, reject) => {
      const stream = session.request({
        ':method': 'POST',
        ':path': path,
        te: 'trailers',
        'content-type': 'application/grpc',
      });
      stream.on('response', () => {}).on('data', () => {});
      stream.on('trailers', resolve).on('error', reject);
      stream.end(framed);
    });
  const stop = async () => {
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    session?.destroy();
    child.kill('SIGKILL');
    await once(child, 'exit');
  };
  return {
    async start() {
      const begun = performance.now();
      child = spawn(plugin, [], { cwd: folder, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
      child.stderr.resume();
      const [line] = await once(child.stdout, 'data');
      child.stdout.resume();
      const socket = connect(String(line).split('|')[3]);
      session = connectHttp2('http://localhost', { createConnection: () => socket });
      session.on('error', () => {});
      await once(session, 'remoteSettings');
      await get();
      return performance.now() - begun;
    },
    unary: (load) => callMany(get, load),
    stop,
    close: stop,
  };
}
