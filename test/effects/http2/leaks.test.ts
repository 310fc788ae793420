import { status as code } from '@grpc/grpc-js';
import { build } from 'esbuild';
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { createHttp2Channel } from '../../../src/effects/http2/channel.js';
import { openConnection, type Http2Connection } from '../../../src/effects/http2/connection.js';
import { openSocket } from '../../../src/effects/socket/open-socket.js';
import { concatMap, lastValueFrom, tap } from 'rxjs';
import { afterTest } from '../../support/environment.js';
import { untilTrue } from '../../support/until-true.js';
import { answer, ask, message, scriptedServer, type Script } from './support.js';

describe('ten thousand calls', () => {
  it('of every ending leave no listener, no timer and no stream', async () => {
    const script: Script = (stream, headers) => {
      if (headers[':path'] === '/answered') answer(stream, { chunks: [message('one')] });
      if (headers[':path'] === '/failed')
        stream.respond(
          { ':status': 200, 'content-type': 'application/grpc', 'grpc-status': '3' },
          { endStream: true },
        );
      if (headers[':path'] === '/reset') stream.close(2);
    };
    const server = await scriptedServer(script);
    let connection: Http2Connection | null = null;
    const channel = createHttp2Channel({
      target: server.target,
      open: () =>
        openSocket(server.address).pipe(
          concatMap((socket) => openConnection(socket, { authority: 'localhost', peer: 'it' })),
          tap((opened) => {
            connection = opened;
          }),
        ),
    });
    afterTest(() => {
      channel.destroy();
    });
    const round = async (): Promise<void> => {
      const deadline = Date.now() + 60_000;
      // Few are cancelled: a server of Node's says goodbye to who cancels a thousand in a short time.
      const outcomes = await Promise.all([
        ...Array.from({ length: 55 }, () => ask(channel, { method: '/answered', deadline })),
        ...Array.from({ length: 20 }, () => ask(channel, { method: '/failed', deadline })),
        ...Array.from({ length: 20 }, () => ask(channel, { method: '/reset', deadline })),
        ...Array.from({ length: 5 }, () =>
          ask(channel, {
            method: '/silent',
            deadline,
            started: (call) =>
              setImmediate(() => {
                call.cancelWithStatus(code.CANCELLED, 'enough');
              }),
          }),
        ),
      ]);
      expect(outcomes.filter(({ status }) => status.code === code.OK)).toHaveLength(55);
    };
    const last = () => connection as unknown as Http2Connection;
    const kept = () => ({
      timers: process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length,
      waiting: last().session.waitingBytes(),
    });
    await round();
    const before = kept();
    for (let more = 0; more < 99; more += 1) await round();
    expect(server.sessions.size).toBe(1);
    await untilTrue(() => kept().timers <= before.timers);
    expect(kept().waiting).toBe(0);
    // Whatever stream is left keeps the connection from closing by itself.
    const closed = lastValueFrom(last().leaving, { defaultValue: null });
    channel.close();
    await closed;
  }, 60_000);
});

describe('a listener that throws', () => {
  it('harms neither its own call nor the connection', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'throwing-'));
    afterTest(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    // Packages are not bundled, and are looked for from where the bundle lies.
    symlinkSync(resolve('node_modules'), join(folder, 'node_modules'));
    const outfile = join(folder, 'throwing.mjs');
    await build({
      entryPoints: ['test/effects/http2/throwing-listener.ts'],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
    });
    const { stdout } = await promisify(execFile)(process.execPath, [outfile], { timeout: 8000 });
    const all = ['metadata', 'message', 'message', 'status'];
    expect(JSON.parse(stdout)).toEqual({
      told: { metadata: all, message: all, status: all, never: all },
      thrown: 4,
      sessions: 1,
      state: 'READY',
    });
  });
});
