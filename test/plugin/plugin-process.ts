import { Client, credentials } from '@grpc/grpc-js';
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { json, unary } from '../../fake-interpreters/lib/method.js';
import { afterTest } from '../support/environment.js';
import { untilTrue } from '../support/until-true.js';

/** What `programs/evaluates.mjs` runs: code before `serve`, in what the plugin starts, and after `serve`. */
export interface Program {
  readonly before?: string;
  readonly options?: object;
  /** Code by the name of the hook. It sees `configuration`. */
  readonly hooks?: Readonly<Record<string, string>>;
  readonly child?: string;
  readonly after?: string;
}

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface PluginProcess {
  readonly child: ChildProcess;
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Resolves when the process has ended and both pipes are read. */
  readonly ended: Promise<Ending>;
}

export interface ServingPlugin extends PluginProcess {
  readonly line: string;
  readonly network: string;
  readonly address: string;
  readonly client: Client;
  /** Runs code in the plugin and answers with what it returns. */
  readonly run: (code: string, deadline?: number) => Promise<unknown>;
}

export const pluginFile = 'test/plugin/programs/evaluates.mjs';

const runMethod = unary('/test.Plugin/Run', json<string>(), json<unknown>());

/** A host that is not Espalier: it has the cookie and offers version 1. */
export const anyHost = { ESPALIER_PLUGIN: 'espalier', PLUGIN_PROTOCOL_VERSIONS: '1' };

/** A host that reads the pipes of its plugins. */
export const espalierHost = { ...anyHost, ESPALIER_TOKEN: 'a.test.of.1' };

/** A directory for sockets, gone after the test. */
export function socketDirectory(): { readonly path: string; readonly names: () => string[] } {
  const path = mkdtempSync(join(tmpdir(), 'plugin-'));
  afterTest(() => {
    rmSync(path, { recursive: true, force: true });
  });
  return { path, names: () => readdirSync(path) };
}

/** Starts a program as a host does, with nothing in its environment but what is given. */
export function launch(program: Program, env: NodeJS.ProcessEnv = espalierHost): PluginProcess {
  return collect(
    spawn(process.execPath, [pluginFile, JSON.stringify(program)], {
      env: { PATH: process.env.PATH, PLUGIN_UNIX_SOCKET_DIR: socketDirectory().path, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    }),
  );
}

/** The same, until it serves. */
export async function start(
  program: Program = {},
  env: NodeJS.ProcessEnv = espalierHost,
): Promise<ServingPlugin> {
  const plugin = launch(program, env);
  const line = await handshakeLine(plugin);
  const [, , network = '', address = ''] = line.split('|');
  return { ...plugin, line, network, address, ...clientOf(network, address) };
}

/** Waits for a whole handshake line, whatever comes before it. */
export async function handshakeLine({ stdout, stderr, ended }: PluginProcess): Promise<string> {
  const find = (): string | undefined => /^\d+\|.*(?=\n)/m.exec(stdout())?.[0];
  const early = ended.then(({ code }) => {
    throw new Error(`The plugin ended with ${code}: ${stdout().slice(-500)}${stderr()}`);
  });
  await Promise.race([untilTrue(() => find() !== undefined), early]);
  early.catch(() => undefined);
  return find() ?? '';
}

export function clientOf(network: string, address: string): Pick<ServingPlugin, 'client' | 'run'> {
  const target = network === 'unix' ? `unix:${address}` : address;
  const client = new Client(target, credentials.createInsecure(), { 'grpc.use_local_subchannel_pool': 1 });
  afterTest(() => {
    client.close();
  });
  return {
    client,
    run: (code, deadline = Date.now() + 20_000) => callUnary(client, runMethod, code, { deadline }),
  };
}

/** Collects what a process prints, and ends its group after the test. */
export function collect(child: ChildProcess): PluginProcess {
  const output = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };
  for (const name of ['stdout', 'stderr'] as const) {
    child[name]?.on('data', (chunk: Buffer) => {
      output[name] = Buffer.concat([output[name], chunk]);
    });
  }
  afterTest(() => {
    endGroup(child.pid ?? 0);
  });
  const ended = new Promise<Ending>((resolve) => {
    child.once('close', (code, signal) => {
      resolve({ code, signal });
    });
  });
  return {
    child,
    stdout: () => output.stdout.toString(),
    stderr: () => output.stderr.toString(),
    ended,
  };
}

function endGroup(leader: number): void {
  try {
    process.kill(-leader, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}
