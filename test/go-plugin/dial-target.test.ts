import { mkdtemp, rm } from 'node:fs/promises';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Server, ServerCredentials, credentials } from '@grpc/grpc-js';
import { dialTarget } from '../../src/go-plugin/index.js';

const hasIpv6 = Object.values(networkInterfaces()).some((list) =>
  list?.some(({ address }) => address === '::1'),
);

describe('grpc-js', () => {
  it.each(['127.0.0.1:PORT', ':PORT', '0.0.0.0:PORT', 'localhost:PORT'])(
    'reaches a listener at tcp %s',
    async (form) => {
      await withServer('127.0.0.1:0', async (port) => {
        expect(await reaches({ network: 'tcp', address: form.replace('PORT', String(port)) })).toBe(true);
      });
    },
  );

  // In CI its absence is a failure; elsewhere a machine may have no IPv6.
  (hasIpv6 || process.env['CI'] === 'true' ? it : it.skip).each(['[::1]:PORT', '[::]:PORT'])(
    'reaches a listener at tcp %s',
    async (form) => {
      await withServer('[::1]:0', async (port) => {
        expect(await reaches({ network: 'tcp', address: form.replace('PORT', String(port)) })).toBe(true);
      });
    },
  );

  it.each(['', '/'])('reaches a socket whose path begins with %j and a slash', async (extra) => {
    const directory = await mkdtemp(join(tmpdir(), 'dial '));
    const path = join(directory, 'a:b%20.sock');
    try {
      await withServer(`unix:${path}`, async () => {
        expect(await reaches({ network: 'unix', address: extra + path })).toBe(true);
      });
    } finally {
      await rm(directory, { recursive: true });
    }
  });
});

async function withServer(bind: string, use: (port: number) => Promise<void>): Promise<void> {
  const server = new Server();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync(bind, ServerCredentials.createInsecure(), (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  try {
    await use(port);
  } finally {
    server.forceShutdown();
  }
}

async function reaches(address: Parameters<typeof dialTarget>[0]): Promise<boolean> {
  const client = new Client(dialTarget(address), credentials.createInsecure(), {
    'grpc.enable_http_proxy': 0,
  });
  try {
    return await new Promise((resolve) => {
      client.waitForReady(Date.now() + 5_000, (error) => {
        resolve(error === undefined);
      });
    });
  } finally {
    client.close();
  }
}
