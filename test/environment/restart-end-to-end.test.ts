import { environmentWith, until } from '../support/environment.js';

describe('restart end to end', () => {
  it('activates, is healthy, is killed, is unhealthy, is restarted, and is healthy again', async () => {
    const { env, id } = await environmentWith('healthy');
    await env.activate(id);
    await env.performHealthCheck(id);

    const { pid, generation } = env.status(id);
    process.kill(pid as number, 'SIGKILL');
    await expect(env.performHealthCheck(id)).rejects.toMatchObject({ plugin: id });
    await until(env, id, 'crashed');
    await expect(env.performHealthCheck(id)).rejects.toMatchObject({ plugin: id });

    await env.restartPlugin(id);
    await env.performHealthCheck(id);
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: generation + 1 });
    expect(env.status(id).pid).not.toBe(pid);
  });
});
