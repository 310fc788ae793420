import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { receiveAll, sendAll, unary } from './calls.js';
import { hostOfExample, temporaryFolder, type PluginHost } from './host.js';
import { programs } from './programs.js';
import { KV, Streamer } from './services.js';
import { connectionModes } from './ways.js';

describe(programs.kv.name, () => {
  it.each(connectionModes)(
    'stores a value in its working directory, and answers with it, $way',
    async ({ options, transport }) => {
      const cwd = temporaryFolder();
      const { env, id } = await hostOfExample('grpc-kv', { cwd, ...options });
      await env.activate(id);
      expect(env.status(id)).toMatchObject({ transport, multiplexed: options.multiplex === 'required' });
      await expect(putAndGet({ env, id })).resolves.toBe('hello\n\nWritten from plugin-go-grpc');
      expect(existsSync(join(cwd, 'kv_greeting'))).toBe(true);
    },
  );

  it("gives the plugin's own error to the caller", async () => {
    const { env, id } = await hostOfExample('grpc-kv');
    await env.activate(id);
    await expect(unary(env.plugin(id).client(KV), 'Get', { key: 'nothing' })).rejects.toMatchObject({
      code: 2,
      details: expect.stringContaining('no such file') as string,
    });
  });

  it('explains itself when the cookie is another one', async () => {
    const { failedStart } = await hostOfExample('grpc-kv', {
      handshake: { cookieKey: 'ANOTHER_KEY', cookieValue: 'hello', protocolVersions: [1] },
    });
    const error = await failedStart();
    expect(error).toMatchObject({ code: 'EXITED_BEFORE_HANDSHAKE', facts: { exitCode: 1 } });
    expect(error.hint).toContain('cookie');
  });
});

describe(programs.negotiated.name, () => {
  it.each(connectionModes)('agrees on version 3 of 1, 3 and 9, $way', async ({ options }) => {
    const { env, id } = await hostOfExample('negotiated-kv', { offered: [3, 9, 1], ...options });
    await env.activate(id);
    expect(env.status(id).protocolVersion).toBe(3);
    await expect(putAndGet({ env, id })).resolves.toContain('Read by plugin version 3');
  });

  it.each([
    { offered: [3], agreed: 3 },
    { offered: [2, 3], agreed: 3 },
  ])('agrees on version $agreed when $offered are offered', async ({ offered, agreed }) => {
    const { env, id } = await hostOfExample('negotiated-kv', { offered });
    await env.activate(id);
    expect(env.status(id).protocolVersion).toBe(agreed);
    await expect(putAndGet({ env, id })).resolves.toContain(`Read by plugin version ${agreed}`);
  });

  it('is rejected with a version of net/rpc, and with an unknown version', async () => {
    const netrpc = await hostOfExample('negotiated-kv', { offered: [2] });
    await expect(netrpc.failedStart()).resolves.toMatchObject({ code: 'PROTOCOL_UNSUPPORTED' });
    const neither = await hostOfExample('negotiated-kv', { offered: [4] });
    await expect(neither.failedStart()).resolves.toMatchObject({
      code: 'APP_VERSION_MISMATCH',
      facts: { announced: 2, offered: [4] },
    });
  });
});

describe(programs.streaming.name, () => {
  it.each(connectionModes)(
    'takes a file in chunks, and gives it back in chunks, $way',
    async ({ options }) => {
      const path = join(temporaryFolder(), 'streamed');
      const { env, id } = await hostOfExample('streaming-file', options);
      await env.activate(id);
      const client = env.plugin(id).client(Streamer);
      const text = 'A climbing rose needs a trellis, and the trellis a gardener.';
      await unary(client, 'Configure', { path, chunk_size: 10 });
      const pieces = text.match(/.{1,7}/g)?.map((piece) => ({ data: Buffer.from(piece) })) ?? [];
      // The example ends this call well but without an answer, which Go's client takes for the end of a file.
      await expect(sendAll(client, 'Write', pieces)).rejects.toMatchObject({
        details: 'No message received',
      });
      expect(readFileSync(path, 'utf8')).toBe(text);
      const chunks = await receiveAll<{ data: Buffer }>(client, 'Read', {});
      expect(chunks.map(({ data }) => data.length)).toEqual([10, 10, 10, 10, 10, 10]);
      expect(Buffer.concat(chunks.map(({ data }) => data)).toString()).toBe(text);
    },
  );
});

async function putAndGet({ env, id }: Pick<PluginHost, 'env' | 'id'>): Promise<string> {
  const client = env.plugin(id).client(KV);
  await unary(client, 'Put', { key: 'greeting', value: Buffer.from('hello') });
  const { value } = await unary<{ value: Buffer }>(client, 'Get', { key: 'greeting' });
  return value.toString();
}
