import { Metadata, status as code, type Client, type ServiceError } from '@grpc/grpc-js';
import { callUnary, openStream } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { environmentWith, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';

const restarting = { policy: { restart: { backoff: { firstMs: 0 } } } };

describe("a plugin's client", () => {
  it('stays valid over a crash and a restart', async () => {
    const { env, id } = await environmentWith('crashes-on-command', restarting);
    await env.activate(id);
    const client = fakeClientOf(env, id);
    const before = await callUnary(client, fakeService.Pid, {});
    await expect(callUnary(client, fakeService.Crash, { code: 3 })).rejects.toMatchObject({
      code: code.UNAVAILABLE,
    });
    const pids = await waitForReady(client);
    expect(pids.pid).not.toBe(before.pid);
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 2, pid: pids.pid, restarts: 1 });
    expect(env.status(id).lastExit).toMatchObject({
      kind: 'exit',
      code: 3,
      error: { code: 'PLUGIN_CRASHED' },
    });
  });

  it('loses no call to a server that closes connections by their age', async () => {
    const { env, id } = await environmentWith('closes-old-connections');
    await env.activate(id);
    const client = fakeClientOf(env, id);
    const peers = new Set<string>();
    while (peers.size < 15) {
      const answers = await Promise.all(
        Array.from({ length: 20 }, () => callUnary(client, fakeService.Peer, {})),
      );
      for (const { peer } of answers) peers.add(peer);
    }
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 1 });
  });

  it('fails at once with UNAVAILABLE while the plugin cannot serve', async () => {
    const { env, id } = await environmentWith('healthy');
    const error = await callUnary(fakeClientOf(env, id), fakeService.Pid, {}).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({ code: code.UNAVAILABLE });
    expect((error as ServiceError).metadata.get('espalier-code')).toEqual(['CALL_UNAVAILABLE']);
    expect((error as ServiceError).details).toContain('idle');
  });

  it('waits for a plugin that is starting when the call says wait-for-ready', async () => {
    const { env, id } = await environmentWith('slow-line');
    const activation = env.activate(id);
    const pids = await waitForReady(fakeClientOf(env, id));
    await activation;
    expect(pids.pid).toBe(env.status(id).pid);
  });

  it('does not wait longer than its own deadline', async () => {
    const { env, id } = await environmentWith('never-prints-a-line');
    const activation = env.activate(id).catch(() => undefined);
    const call = unary(fakeClientOf(env, id), { deadline: Date.now() + 100 });
    await expect(call).rejects.toMatchObject({ code: code.DEADLINE_EXCEEDED });
    await env.deactivate(id);
    await activation;
  });

  it('stops waiting when the plugin will not start any more', async () => {
    const { env, id } = await environmentWith('exits-3-before-the-line');
    const activation = env.activate(id).catch(() => undefined);
    await expect(unary(fakeClientOf(env, id), {})).rejects.toMatchObject({ code: code.UNAVAILABLE });
    await activation;
  });

  it('receives messages of more than 4 MiB', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    const blob = await callUnary(fakeClientOf(env, id), fakeService.Blob, { size: 9 * 1024 * 1024 });
    expect(blob).toHaveLength(9 * 1024 * 1024);
  });

  it('finishes a call in flight before the plugin is stopped, and refuses new ones', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    const client = fakeClientOf(env, id);
    const stream = openStream(client, fakeService.Stream, { count: 3 });
    const seen: unknown[] = [];
    const received = new Promise<void>((resolve) => {
      stream.on('data', (message) => {
        seen.push(message);
        if (seen.length === 3) resolve();
      });
    });
    const ended = new Promise<ServiceError>((resolve) => stream.on('error', resolve));
    await received;
    const deactivation = env.deactivate(id);
    await until(env, id, 'stopping');
    await expect(callUnary(client, fakeService.Pid, {})).rejects.toMatchObject({ code: code.UNAVAILABLE });
    expect(env.status(id).pid).not.toBeNull();
    stream.cancel();
    await expect(ended).resolves.toMatchObject({ code: code.CANCELLED });
    await deactivation;
    expect(env.status(id).lastExit).toMatchObject({ stopStep: 'requestingShutdown', code: 0, error: null });
  });

  it('is one of many: closing it does not affect the others', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    fakeClientOf(env, id).close();
    await expect(callUnary(fakeClientOf(env, id), fakeService.Pid, {})).resolves.toMatchObject({
      pid: env.status(id).pid,
    });
  });

  it('can be waited for with grpc-js own waitForReady', async () => {
    const { env, id } = await environmentWith('slow-line');
    const client = fakeClientOf(env, id);
    const ready = new Promise<void>((resolve, reject) => {
      client.waitForReady(Date.now() + 8000, (error) => {
        if (error) reject(error);
        else resolve();
      });
    });
    await env.activate(id);
    await ready;
  });
});

function unary(client: Client, options: { deadline?: number }) {
  const { path, requestSerialize, responseDeserialize } = fakeService.Pid;
  const metadata = new Metadata({ waitForReady: true });
  return new Promise<{ pid: number }>((resolve, reject) => {
    client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      {},
      metadata,
      options,
      (error, response) => {
        if (error) reject(error);
        else resolve(response as { pid: number });
      },
    );
  });
}

function waitForReady(client: Client): Promise<{ pid: number }> {
  return unary(client, { deadline: Date.now() + 8000 });
}
