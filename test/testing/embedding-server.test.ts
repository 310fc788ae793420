import { Metadata, status as code } from '@grpc/grpc-js';
import { loadPackageDefinition, type ServiceClientConstructor } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import type { Environment } from '../../src/environment/index.js';
import { createSimulatedEnvironment, type SimulatedService } from '../../src/testing/index.js';

const { KV } = (
  loadPackageDefinition(loadSync('examples/proto/kv.proto')) as unknown as {
    example: { kv: { v1: Record<'KV', ServiceClientConstructor> } };
  }
).example.kv.v1;

/** An embedder's own code: what it answers to a request for a key. */
async function answer(env: Environment, key: string): Promise<{ status: number; body?: string }> {
  const kv = env.plugin('kv').client(KV);
  return new Promise((resolve) => {
    const deadline = Date.now() + 2000;
    kv['get']?.(
      { key },
      new Metadata(),
      { deadline },
      (error: { code: number } | null, found?: { value: Buffer }) => {
        if (error === null) resolve({ status: 200, body: found?.value.toString() ?? '' });
        else resolve({ status: { [code.NOT_FOUND]: 404, [code.DEADLINE_EXCEEDED]: 504 }[error.code] ?? 503 });
      },
    );
  });
}

function store(values: Readonly<Record<string, string>>): SimulatedService {
  return {
    definition: KV.service,
    implementation: {
      get: (call: { request: { key: string } }, respond: (error: object | null, answer?: object) => void) => {
        const value = values[call.request.key];
        if (value === undefined) respond({ code: code.NOT_FOUND, details: 'no such key' });
        else respond(null, { value: Buffer.from(value) });
      },
    },
  };
}

describe('an embedding server over a simulated plugin', () => {
  const open = async () => {
    const simulated = await createSimulatedEnvironment({
      plugins: { kv: { services: [store({ greeting: 'hello' })] } },
    });
    await simulated.env.activate('kv');
    return simulated;
  };

  it('answers with the handlers of the test', async () => {
    const { env } = await open();
    expect(await answer(env, 'greeting')).toEqual({ status: 200, body: 'hello' });
    expect(await answer(env, 'nothing')).toEqual({ status: 404 });
  });

  it('responds with 503 while the plugin restarts, and recovers', async () => {
    const { env, crash, runUntil } = await open();
    crash('kv');
    expect(env.status('kv').state).toBe('restarting');
    expect(await answer(env, 'greeting')).toEqual({ status: 503 });
    await runUntil('kv', 'healthy');
    expect(await answer(env, 'greeting')).toEqual({ status: 200, body: 'hello' });
    expect(env.status('kv')).toMatchObject({ generation: 2, restarts: 1 });
  });

  it('responds with 504 when the plugin hangs, at the deadline by the simulated clock', async () => {
    const { env, hang, runUntilSettled, clock } = await open();
    hang('kv');
    const answered = runUntilSettled(answer(env, 'greeting'));
    expect(await answered).toEqual({ status: 504 });
    expect(clock.now()).toBeGreaterThan(1000);
    expect(clock.now()).toBeLessThanOrEqual(2000);
  });

  it('is restarted when its hang is found', async () => {
    const { env, hang, runUntil, shutdown, processes } = await open();
    hang('kv');
    await runUntil('kv', 'restarting');
    expect(env.status('kv').lastExit?.kind).toBe('hang');
    await runUntil('kv', 'healthy');
    await shutdown();
    expect(processes()).toEqual([]);
  });
});
