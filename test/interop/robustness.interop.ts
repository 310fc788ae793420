import { until } from '../support/environment.js';
import { unary } from './calls.js';
import { helperCommand, hostOfHelper } from './host.js';
import { programs } from './programs.js';
import { Test } from './services.js';

describe(programs.helper.name, () => {
  it('is not held up by megabytes of output on its own stdout and stderr', async () => {
    const { env, id, waitForLog } = await hostOfHelper(helperCommand('test-grpc'));
    await env.activate(id);
    const client = env.plugin(id).client(Test);
    const flood = Buffer.from('a line of some length\n'.repeat(60_000));
    await unary(client, 'PrintStdio', { stdout: flood, stderr: flood });
    await expect(unary(client, 'Double', { input: 21 })).resolves.toEqual({ output: 42 });
    await env.deactivate(id);
    await waitForLog(({ source, message }) => source === 'stdio-stdout' && message.includes('lines dropped'));
  });

  it('rejects a message that is too large, and goes on', async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'));
    await env.activate(id);
    const client = env.plugin(id).client(Test);
    const tooLarge = unary(client, 'PrintStdio', { stdout: Buffer.alloc(5 * 1024 * 1024) });
    await expect(tooLarge).rejects.toMatchObject({ code: 8 });
    await env.performHealthCheck(id);
  });

  it('ignores an interrupt, so that its host can stop it in order', async () => {
    const { env, id, waitForLog } = await hostOfHelper(helperCommand('test-grpc'));
    await env.activate(id);
    process.kill(env.status(id).pid ?? NaN, 'SIGINT');
    await waitForLog(({ message }) => message.includes('interrupt'));
    await env.performHealthCheck(id);
    expect(env.status(id).generation).toBe(1);
  });

  it('is replaced when it freezes, and its client stays valid', async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), {
      policy: {
        restart: { backoff: { firstMs: 0 } },
        health: { intervalMs: 100, retryIntervalMs: 50, deadlineMs: 500, misses: 2 },
        deadlines: { termMs: 100 },
      },
    });
    await env.activate(id);
    const client = env.plugin(id).client(Test);
    process.kill(env.status(id).pid ?? NaN, 'SIGSTOP');
    await until(env, id, 'stopping');
    await until(env, id, 'healthy');
    expect(env.status(id)).toMatchObject({
      generation: 2,
      lastExit: { kind: 'hang', signal: 'SIGKILL', stopStep: 'killing' },
    });
    await expect(unary(client, 'Double', { input: 21 })).resolves.toEqual({ output: 42 });
  });
});
