import { existsSync } from 'node:fs';
import { bidirectional } from './bidirectional.js';
import { helperCommand, hostOfHelper } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';

/** What makes the helper's modes for old plugins begin at all: they refuse a host that does not ask. */
const asked = { multiplex: 'required' } as const;

describe(programs.helper.name, () => {
  testRow(23, async () => {
    for (const mode of ['mux-grpc-with-old-plugin', 'mux-grpc-with-unsupported-plugin']) {
      const { env, id, failedStart } = await hostOfHelper(helperCommand(mode), asked);
      await expect(failedStart()).resolves.toMatchObject({ code: 'MUX_UNSUPPORTED', phase: 'handshake' });
      expect(env.status(id)).toMatchObject({ pid: null, lastExit: { signal: 'SIGKILL' } });
    }
  });

  it('leaves no socket behind, though a plugin that multiplexes does not remove its own', async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), asked);
    await env.activate(id);
    const path = env.status(id).address?.replace(/^unix:/, '') ?? '';
    expect(existsSync(path)).toBe(true);
    await env.deactivate(id);
    expect(existsSync(path)).toBe(false);
  });

  it('takes ten brokered connections at a time in either direction over one socket', async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), { ...asked, mtls: 'required' });
    await env.activate(id);
    const rounds = await Promise.all(Array.from({ length: 10 }, () => bidirectional(env, id)));
    const answers = await Promise.all(rounds.map(({ ping }) => ping()));
    expect(answers).toEqual(rounds.map(() => ({ msg: 'pong' })));
    expect(rounds.map(({ pinged }) => pinged())).toEqual(rounds.map(() => 1));
  });

  it('gets an error for an id that was never announced', async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), asked);
    await env.activate(id);
    await expect(env.plugin(id).broker.dial(4711)).rejects.toMatchObject({
      code: 'BROKER_TIMEOUT',
      plugin: id,
    });
    // A knock that was not answered spoils nothing for the next one.
    const { ping } = await bidirectional(env, id);
    await expect(ping()).resolves.toEqual({ msg: 'pong' });
  });

  it('cannot be handed over to another host', async () => {
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), { ...asked, mtls: 'off' });
    await env.activate(id);
    expect(() => env.reattachConfig(id)).toThrow(
      expect.objectContaining({ code: 'MUX_UNSUPPORTED' }) as Error,
    );
  });
});
