import {
  compressionAlgorithms,
  credentials,
  loadPackageDefinition,
  type GrpcObject,
  type ServiceClientConstructor,
} from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { createCallCounter, createPluginChannel, createPluginClient } from '../../../src/effects/index.js';
import { openChannel } from '../../../src/effects/http2/open-channel.js';
import { openSocket } from '../../../src/effects/socket/open-socket.js';
import { plaintext } from '../../../src/effects/tls/security.js';

const folder = join(process.cwd(), 'test/interop/servers');

/** The servers that our client is held against, and how each is started. */
export const servers: Readonly<Record<string, readonly string[]>> = {
  'grpc-go': [process.env['GRPC_GO_SERVER'] ?? ''],
  grpcio: [process.env['GRPCIO_PYTHON'] ?? '', join(folder, 'grpcio_server.py')],
  'grpc-js': [process.execPath, join(folder, 'grpc-js-server.mjs')],
  'node:http2': [process.execPath, join(folder, 'http2-server.mjs')],
};

/** How calls are made: by a client of ours in its two ways; `gzip` is the short one with compressed requests. */
export type Way = 'short' | 'ordinary' | 'gzip';

const { grpc } = loadPackageDefinition(
  loadSync(join(folder, 'test-service.proto'), { keepCase: true, defaults: true }),
) as unknown as { grpc: { testing: GrpcObject } };
export const TestService = grpc.testing['TestService'] as ServiceClientConstructor;
export const UnimplementedService = grpc.testing['UnimplementedService'] as ServiceClientConstructor;

/** A running server; it ends with `stop`. */
export interface RunningServer {
  readonly address: string;
  stop(): Promise<void>;
}

/** Starts a server. `ageMs`: after how long each of its connections is closed gracefully. */
export async function startServer(name: string, ageMs?: number): Promise<RunningServer> {
  const [command = '', ...args] = servers[name] ?? [];
  const child = spawn(command, [...args, ...(ageMs === undefined ? [] : [String(ageMs)])], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  const address = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([line]) => line as string),
    exited.then(() => null),
  ]);
  if (address === null) throw new Error(`The server ${name} ended before it printed its address.`);
  return {
    address,
    async stop() {
      child.stdin.end();
      await exited;
    },
  };
}

/** The methods that a test calls, as grpc-js's clients have them. */
export type TestClient = Readonly<Record<string, (...args: unknown[]) => unknown>>;

/** A client on a channel of ours, as `env.plugin(id).client(…)` gives it. */
export async function connect(
  address: string,
  Service = TestService,
  way: Way = 'short',
): Promise<{ readonly client: TestClient; readonly close: () => void }> {
  const channel = openChannel(address, () => openSocket({ network: 'tcp', address }), plaintext());
  await new Promise<void>((resolve, reject) => {
    channel.connect((failure) => {
      if (failure === null) resolve();
      else reject(new Error(`No connection to ${address}`, { cause: failure }));
    });
  });
  const plugin = createPluginChannel(() => ({ plugin: 'interop', state: 'lost', isTemporary: false }));
  plugin.connect({ grpc: channel, calls: createCallCounter() });
  const client =
    way === 'ordinary'
      ? new Service(address, credentials.createInsecure(), { channelOverride: plugin })
      : createPluginClient(Service as never, plugin, {
          ...(way === 'gzip' && { 'grpc.default_compression_algorithm': compressionAlgorithms.gzip }),
        });
  return {
    client: client as unknown as TestClient,
    close() {
      channel.destroy();
    },
  };
}
