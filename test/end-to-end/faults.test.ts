import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { outputLimits } from '../../src/model/limits.js';
import { createEnvironment, type PluginLogEntry } from '../../src/index.js';
import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { afterTest, environmentWith, isAlive, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';
import { untilTrue } from '../support/until-true.js';

const restart = { restart: 'temporary' as const };

describe('a plugin that ends by itself', () => {
  it('is reported with its signal', async () => {
    const { env, id } = await environmentWith('sigsegv');
    await env.activate(id);
    await callUnary(fakeClientOf(env, id), fakeService.Crash, {}).catch(() => undefined);
    await until(env, id, 'crashed');
    expect(env.status(id).lastExit).toMatchObject({
      kind: 'signal',
      signal: 'SIGSEGV',
      phase: 'serving',
      stopStep: null,
    });
    expect(env.explain(id).summary).toContain('SIGSEGV');
  });

  it('is restarted up to the restart intensity, and then given up', async () => {
    const backoff = { firstMs: 0, baseMs: 1, capMs: 5 };
    const { env, id } = await environmentWith('crashes-in-a-loop', {
      policy: { restart: { backoff, intensity: 2 } },
    });
    const gaveUp = new Promise((resolve) => {
      env.events.subscribe((event) => {
        if (event.type === 'plugin.gaveUp') resolve(event);
      });
    });
    await env.activate(id);
    await expect(gaveUp).resolves.toMatchObject({ plugin: id, error: { code: 'PLUGIN_GAVE_UP' } });
    expect(env.status(id)).toMatchObject({
      state: 'failed',
      failedReason: 'FailedToStayRunning',
      generation: 3,
      restarts: 2,
      lastExit: { code: 1 },
    });
    await expect(env.performHealthCheck(id)).rejects.toMatchObject({ code: 'PLUGIN_GAVE_UP' });
  });

  it('ends with its child processes, though those hold its pipes', async () => {
    const { env, id } = await environmentWith('forks-a-grandchild');
    await env.activate(id);
    const { grandchild } = await callUnary(fakeClientOf(env, id), fakeService.Pid, {});
    expect(isAlive(grandchild as number)).toBe(true);
    process.kill(env.status(id).pid as number, 'SIGKILL');
    await until(env, id, 'crashed');
    await gone(grandchild as number);
  });
});

describe('a plugin that hangs', () => {
  it('is detected by its deadline when it is frozen, and is killed', async () => {
    const health = { intervalMs: 50, retryIntervalMs: 10, deadlineMs: 100, misses: 2, excuses: 0 };
    const { env, id } = await environmentWith('healthy', {
      policy: { restart, health, deadlines: { termMs: 100 } },
    });
    await env.activate(id);
    const pid = env.status(id).pid as number;
    process.kill(pid, 'SIGSTOP');
    await until(env, id, 'crashed');
    expect(env.status(id).lastExit).toMatchObject({
      kind: 'hang',
      signal: 'SIGKILL',
      error: { code: 'HEALTH_TIMEOUT' },
    });
    expect(isAlive(pid)).toBe(false);
  });

  it('fails a health check within its deadline', async () => {
    const health = { deadlineMs: 100 };
    const { env, id } = await environmentWith('healthy', {
      policy: { restart, health, deadlines: { termMs: 100 } },
    });
    await env.activate(id);
    process.kill(env.status(id).pid as number, 'SIGSTOP');
    await expect(env.performHealthCheck(id)).rejects.toMatchObject({ code: 'HEALTH_TIMEOUT', plugin: id });
  });

  it('gets a shutdown request when it reports NOT_SERVING for too long', async () => {
    const health = { notServingMs: 50 };
    const { env, id } = await environmentWith('healthy', { policy: { restart, health } });
    await env.activate(id);
    await callUnary(fakeClientOf(env, id), fakeService.SetHealth, { status: 'NOT_SERVING' });
    await until(env, id, 'crashed');
    expect(env.status(id).lastExit).toMatchObject({
      kind: 'health',
      code: 0,
      stopStep: 'requestingShutdown',
      error: { code: 'NOT_SERVING' },
    });
  });

  it('is stopped without waiting for OnDeactivate', async () => {
    const { env, id } = await environmentWith('hangs-in-on-deactivate', {
      policy: { deadlines: { hookMs: 100 } },
    });
    await env.activate(id);
    await env.deactivate(id);
    expect(env.status(id)).toMatchObject({
      state: 'idle',
      lastExit: { code: 0, stopStep: 'requestingShutdown' },
    });
  });
});

describe('a plugin that prints too much', () => {
  it('without a line end is logged in pieces, within the rate limit of bytes', async () => {
    const { env, id } = await environmentWith('floods-one-line');
    const logged = new Map<number, number>();
    const dropped = new Promise<string>((resolve) => {
      env.events.subscribe((event) => {
        if (event.type !== 'plugin.log' || event.entry.source !== 'stderr') return;
        const { message } = event.entry;
        if (message.includes('lines dropped')) resolve(message);
        const second = Math.floor(event.at / 1000);
        logged.set(second, (logged.get(second) ?? 0) + message.length);
      });
    });
    await env.activate(id);
    await env.performHealthCheck(id);
    expect(await dropped).toMatch(/\d+ lines dropped/);
    // A second of the clock may hold the end of one window and the beginning of the next.
    expect(Math.max(...logged.values())).toBeLessThan(2 * (outputLimits.bytesPerSecond + outputLimits.line));
  });

  it.each(['floods-stdout', 'floods-stderr'] as const)(
    '%s and is still healthy, in bounded memory',
    async (name) => {
      const { env, id } = await environmentWith(name);
      let lines = 0;
      env.events.subscribe((event) => {
        if (event.type === 'plugin.log') lines += 1;
      });
      await env.activate(id);
      const before = process.memoryUsage().rss;
      for (let check = 0; check < 5; check += 1) await env.performHealthCheck(id);
      expect(lines).toBeGreaterThan(0);
      expect(process.memoryUsage().rss - before).toBeLessThan(300 * 1024 * 1024);
      await env.deactivate(id);
      expect(env.status(id).state).toBe('idle');
    },
  );
});

describe('the output of a plugin', () => {
  it('is logged with its plugin, generation and source', async () => {
    const { env, id } = await environmentWith('healthy');
    const entries: PluginLogEntry[] = [];
    const said = new Promise<void>((resolve) => {
      env.events.subscribe((event) => {
        if (event.type === 'plugin.log') entries.push(event.entry);
        if (entries.some(({ message }) => message === 'the last one')) resolve();
      });
    });
    await env.activate(id);
    const client = fakeClientOf(env, id);
    const hclog = JSON.stringify({ '@level': 'warn', '@message': 'low', '@module': 'disk', free: 3 });
    await callUnary(client, fakeService.Print, { channel: 'stderr', to: 'pipe', text: `${hclog}\n` });
    await callUnary(client, fakeService.Print, { channel: 'stdout', text: 'hello\nwo' });
    await callUnary(client, fakeService.Print, { channel: 'stdout', text: 'rld\nthe last one\n' });
    await said;
    expect(entries).toEqual(
      expect.arrayContaining([
        {
          plugin: id,
          generation: 1,
          source: 'stderr',
          level: 'warn',
          message: 'low',
          module: 'disk',
          fields: { free: 3 },
        },
        { plugin: id, generation: 1, source: 'stdio-stdout', level: 'info', message: 'hello', fields: {} },
        { plugin: id, generation: 1, source: 'stdio-stdout', level: 'info', message: 'world', fields: {} },
      ]),
    );
    expect(env.status(id).stdio).toBe(true);
  });

  it('explains its exit, up to the last byte before it', async () => {
    const { env, id } = await environmentWith('exits-3-before-the-line');
    await env.activate(id).catch(() => undefined);
    const { lastExit } = env.status(id);
    expect(lastExit).toMatchObject({ code: 3, error: { code: 'EXITED_BEFORE_HANDSHAKE' } });
    expect(lastExit?.stderrTail).toMatch(/\S/);
  });

  it('names the missing Python module, and the interpreter', async () => {
    const { env, id } = await environmentWith('missing-python-module');
    const error = (await env.activate(id).catch((thrown: unknown) => thrown)) as Error & { hint: string };
    expect(error.hint).toContain('yaml');
    expect(error.hint).toMatch(/venv\/bin\/python/);
  });
});

describe('an environment', () => {
  it('leaves no process, socket, listener or directory behind', async () => {
    const bundle = makeFakeBundle('healthy');
    afterTest(() => {
      bundle.remove();
    });
    const runtime = mkdtempSync(join(tmpdir(), 'runtime-'));
    const { XDG_RUNTIME_DIR: inherited } = process.env;
    process.env['XDG_RUNTIME_DIR'] = runtime;
    afterTest(() => {
      if (inherited === undefined) delete process.env['XDG_RUNTIME_DIR'];
      else process.env['XDG_RUNTIME_DIR'] = inherited;
      rmSync(runtime, { recursive: true, force: true });
    });
    const directories = () => readdirSync(runtime);
    const before = directories();
    const listeners = process.listenerCount('exit');
    const env = await createEnvironment({ bundles: [bundle.directory] });
    await env.activate(bundle.id);
    const { pid, address } = env.status(bundle.id);
    expect(directories()).toHaveLength(1);
    await env.shutdown();
    await env.shutdown();
    expect(isAlive(pid as number)).toBe(false);
    expect(existsSync((address as string).slice('unix:'.length))).toBe(false);
    expect(directories()).toEqual(before);
    expect(process.listenerCount('exit')).toBe(listeners);
    await expect(env.activate(bundle.id)).rejects.toMatchObject({ code: 'ENVIRONMENT_STOPPED' });
  });

  it('does not pass its secrets to plugins, only the variables of its options', async () => {
    process.env['ESPALIER_TEST_SECRET'] = 'secret';
    process.env['PLUGIN_CLIENT_CERT'] = 'leaked';
    afterTest(() => {
      delete process.env['ESPALIER_TEST_SECRET'];
      delete process.env['PLUGIN_CLIENT_CERT'];
    });
    const { env, id } = await environmentWith('healthy', { env: { GIVEN: 'yes' }, mtls: 'off' });
    await env.activate(id);
    const variables = await callUnary(fakeClientOf(env, id), fakeService.Env, {});
    expect(variables).toMatchObject({
      GIVEN: 'yes',
      ESPALIER_PLUGIN: 'espalier',
      PLUGIN_PROTOCOL_VERSIONS: '1',
      PYTHONUNBUFFERED: '1',
    });
    expect(variables).not.toHaveProperty('ESPALIER_TEST_SECRET');
    expect(variables).not.toHaveProperty('PLUGIN_CLIENT_CERT');
  });
});

/** Waits for the end of a process that is not ours to wait for. Jest's own timeout bounds it. */
async function gone(pid: number): Promise<void> {
  await untilTrue(() => !isAlive(pid) || isZombie(pid));
}

/** A grandchild is reaped by init, in its own time; as a zombie it runs no more. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
