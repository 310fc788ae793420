import { environmentWith, isAlive } from '../support/environment.js';

const policy = { restart: { restart: 'temporary' as const }, deadlines: { startMs: 400 } };

describe('start-up timeout', () => {
  it('fails within the start timeout with a clear error when no handshake line ever comes', async () => {
    const { env, id } = await environmentWith('never-prints-a-line', { policy });
    const startedAt = performance.now();
    const error = await env.activate(id).catch((thrown: unknown) => thrown);
    // The bound is generous for a busy machine; without the timeout the call would never reject.
    expect(performance.now() - startedAt).toBeLessThan(5000);
    expect(error).toMatchObject({
      code: 'START_TIMEOUT',
      plugin: id,
      phase: 'handshake',
      message: 'The plugin printed no handshake line within 400 ms.',
    });
    expect(env.status(id).lastExit).toMatchObject({
      kind: 'handshake',
      signal: 'SIGKILL',
      stopStep: 'killing',
    });
  });
});

describe('invalid handshake protocol', () => {
  it('is rejected when the plugin offers netrpc instead of gRPC', async () => {
    const { env, id } = await environmentWith('prints-netrpc', { policy });
    const error = await env.activate(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', plugin: id, phase: 'handshake' });
    expect((error as Error).message).toContain('netrpc');
    expect(env.statuses().filter(({ pid }) => pid !== null && isAlive(pid))).toEqual([]);
  });
});

describe('malformed handshake', () => {
  it('is rejected when the line has too few fields', async () => {
    const { env, id } = await environmentWith('prints-too-few-fields', { policy });
    const error = await env.activate(id).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'HANDSHAKE_UNRECOGNIZED', plugin: id, phase: 'handshake' });
    expect((error as Error).message).toMatch(/1\|1\|/);
    expect(env.status(id).state).toBe('crashed');
  });
});
