import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { connect } from 'node:net';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { controllerService } from '../../fake-interpreters/lib/controller.js';
import { isAlive } from '../support/environment.js';
import { untilTrue } from '../support/until-true.js';
import {
  clientOf,
  collect,
  espalierHost,
  handshakeLine,
  pluginFile,
  socketDirectory,
  start,
  type Program,
  type ServingPlugin,
} from './plugin-process.js';

const saysHow: Program = { after: "console.log('ended by ' + end);" };

function shutDown({ client }: ServingPlugin): Promise<unknown> {
  return callUnary(client, controllerService.Shutdown, {});
}

describe('a plugin that is asked to end', () => {
  it('ends with code 0 and without a socket, after what its program does at last', async () => {
    const plugin = await start(saysHow);
    await shutDown(plugin);
    expect(await plugin.ended).toEqual({ code: 0, signal: null });
    expect(plugin.stdout()).toBe(`${plugin.line}\nended by shutdown\n`);
    expect(plugin.stderr()).toBe('');
    expect(existsSync(plugin.address)).toBe(false);
  });

  it('ends in the same way on SIGTERM', async () => {
    const plugin = await start(saysHow);
    plugin.child.kill('SIGTERM');
    expect(await plugin.ended).toEqual({ code: 0, signal: null });
    expect(plugin.stdout()).toBe(`${plugin.line}\nended by sigterm\n`);
    expect(existsSync(plugin.address)).toBe(false);
  });

  it('passes over SIGINT, which a terminal sends to everybody', async () => {
    const plugin = await start();
    plugin.child.kill('SIGINT');
    expect(await plugin.run('return 1')).toBe(1);
  });

  it('lets a running call finish', async () => {
    const plugin = await start();
    const answer = plugin.run(
      'return new Promise((resolve) => { kept.set("finish", () => resolve("done")); setImmediate(() => process.kill(process.pid, "SIGTERM")); setTimeout(kept.get("finish"), 200); })',
    );
    expect(await answer).toBe('done');
    expect((await plugin.ended).code).toBe(0);
  });

  it('ends within its grace whatever those do that are connected', async () => {
    const plugin = await start({ options: { graceMs: 50 } });
    const clients = await Promise.all(
      ['', 'PRI * HTTP/2.0', 'GET / HTTP/1.1\r\n\r\n'].map(async (text) => {
        const client = connect({ path: plugin.address, allowHalfOpen: true });
        client.on('error', () => undefined);
        await once(client, 'connect');
        client.write(text);
        return client;
      }),
    );
    plugin.child.kill('SIGTERM');
    expect(await plugin.ended).toEqual({ code: 0, signal: null });
    for (const client of clients) client.destroy();
  });

  it('cuts off a call without an end after its grace', async () => {
    const plugin = await start({ options: { graceMs: 50 } });
    const answer = plugin.run('process.kill(process.pid, "SIGTERM"); return new Promise(() => undefined)');
    await expect(answer).rejects.toThrow(/CANCELLED|UNAVAILABLE/);
    expect((await plugin.ended).code).toBe(0);
  });

  it('ends although the program holds a timer, half a second later', async () => {
    const plugin = await start({ before: 'setInterval(() => undefined, 1000);' });
    await shutDown(plugin);
    expect((await plugin.ended).code).toBe(0);
  });

  it('keeps the exit code that the program has set', async () => {
    const plugin = await start({ after: 'process.exitCode = 7; setInterval(() => undefined, 1000);' });
    await shutDown(plugin);
    expect((await plugin.ended).code).toBe(7);
  });

  it('is ended by a second SIGTERM where its program blocks on its way out', async () => {
    const plugin = await start({ after: "console.log('blocked'); for (;;);" });
    plugin.child.kill('SIGTERM');
    await untilTrue(() => plugin.stdout().includes('blocked'));
    plugin.child.kill('SIGTERM');
    expect((await plugin.ended).signal).toBe('SIGTERM');
  });
});

describe('a plugin that ends by itself', () => {
  it.each([
    ['process.exit', 'process.exit(3);', { code: 3, signal: null }],
    [
      'an uncaught exception',
      'setImmediate(() => { throw new Error("torn"); }); await new Promise(() => 0)',
      { code: 1, signal: null },
    ],
  ])('by %s leaves no socket behind', async (_, code, ending) => {
    const plugin = await start();
    await expect(plugin.run(code)).rejects.toThrow('UNAVAILABLE');
    expect(await plugin.ended).toEqual(ending);
    expect(existsSync(plugin.address)).toBe(false);
  });
});

/** A host that starts a plugin with its own outputs, so that both close only when both have ended. */
async function behindHost(program: Program, env: NodeJS.ProcessEnv = {}) {
  const sockets = socketDirectory();
  const script = `require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })`;
  const child = spawn(process.execPath, ['-e', script, pluginFile, JSON.stringify(program)], {
    env: { ...espalierHost, PLUGIN_UNIX_SOCKET_DIR: sockets.path, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const host = collect(child);
  const [, , network = '', address = ''] = (await handshakeLine(host)).split('|');
  return { host, sockets, ...clientOf(network, address) };
}

describe('a plugin whose host is killed', () => {
  it('ends by itself and removes its socket', async () => {
    const { host, sockets } = await behindHost(saysHow);
    host.child.kill('SIGKILL');
    await host.ended;
    expect(host.stdout()).toContain('ended by host-gone');
    expect(sockets.names()).toEqual([]);
  });

  it('ends also where its program goes on for ever', async () => {
    const { host } = await behindHost({ after: 'await new Promise((resolve) => setTimeout(resolve, 1e6));' });
    host.child.kill('SIGKILL');
    await host.ended;
    expect(host.stderr()).toBe('');
  });

  it.each([
    ['exitWithHost is false', { options: { exitWithHost: false } }, {}],
    ['the host says that it outlives it', {}, { ESPALIER_OUTLIVES_HOST: '1' }],
  ])('stays where %s', async (_, program, env) => {
    const { host, run } = await behindHost(program, env);
    const pid = Number(await run('return process.pid'));
    host.child.kill('SIGKILL');
    await untilTrue(() => !isAlive(host.child.pid ?? 0));
    // The plugin looks once a second.
    await run('return new Promise((resolve) => setTimeout(resolve, 2200))');
    expect(await run('return process.ppid')).not.toBe(host.child.pid);
    process.kill(pid, 'SIGTERM');
    await host.ended;
  });
});
