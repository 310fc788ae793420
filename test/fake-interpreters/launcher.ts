import type { Client } from '@grpc/grpc-js';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { connectToFake } from '../../fake-interpreters/lib/fake-client.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { fakeInterpreterPath } from '../../fake-interpreters/index.js';

/** Enough for every line; of a flood only the amount matters. */
const maxOutputBytes = 512 * 1024;

export interface Ending {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LaunchedFake {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<Ending>;
  readonly stdout: Output;
  readonly stderr: Output;
}

export interface Output {
  readonly pipe: Readable;
  /** The beginning of what has come so far. */
  readonly bytes: () => Buffer;
  readonly text: () => string;
  /** How much has come so far. */
  readonly length: () => number;
  /** Resolves once the condition on the output holds, rejects if the output ends before. */
  readonly until: (holds: (output: Output) => boolean) => Promise<void>;
}

const hostProgram = `require('node:child_process').spawn(process.argv[1], { stdio: ['ignore', 'inherit', 'inherit'] })`;

/** Starts fakes as a host would, and ends whatever of them is left. */
export function createLauncher() {
  const sockets = mkdtempSync(join(tmpdir(), 'fake-'));
  const running: ChildProcess[] = [];
  const clients: Client[] = [];

  function launch(name: FakeInterpreterName, env: NodeJS.ProcessEnv = {}): LaunchedFake {
    return launchFile(fakeInterpreterPath(name), env);
  }

  function launchFile(path: string, env: NodeJS.ProcessEnv = {}): LaunchedFake {
    return launchCommand([path, '-u', 'plugin.py'], env);
  }

  /** Starts a host in the fake's place, which starts the fake with its own stdout. */
  function launchBehindHost(name: FakeInterpreterName): LaunchedFake {
    return launchCommand([process.execPath, '-e', hostProgram, fakeInterpreterPath(name)], {});
  }

  function launchCommand([command = '', ...args]: readonly string[], env: NodeJS.ProcessEnv): LaunchedFake {
    const child = spawn(command, args, {
      env: {
        ESPALIER_PLUGIN: 'espalier',
        PLUGIN_PROTOCOL_VERSIONS: '1',
        PLUGIN_UNIX_SOCKET_DIR: sockets,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    running.push(child);
    const ended = new Promise<Ending>((resolve) => {
      child.once('exit', (code, signal) => {
        resolve({ code, signal });
      });
    });
    const stdout = collect(child.stdout);
    return { child, pid: child.pid ?? 0, ended, stdout, stderr: collect(child.stderr) };
  }

  /** Connects to the address that the fake prints, or to one that is known already. */
  async function connect(fake: LaunchedFake): Promise<Client> {
    const { network, address } = await handshakeOf(fake);
    const client = connectToFake(network, address);
    clients.push(client);
    return client;
  }

  /** Each fake leads a group of its own, so its children end with it. */
  async function endAll(): Promise<void> {
    for (const client of clients) client.close();
    for (const child of running) killGroup(child);
    await Promise.all(running.map(async (child) => isOver(child) || (await once(child, 'exit'))));
    rmSync(sockets, { recursive: true, force: true });
  }

  return { sockets, launch, launchFile, launchBehindHost, connect, endAll };
}

/** Waits for the handshake line, whatever the fake prints before it. */
export async function handshakeOf(fake: LaunchedFake) {
  const line = /^\d+\|(\d+)\|(\w+)\|(.*)\|grpc\|$/m;
  await fake.stdout.until((output) => line.test(output.text().replace(/[^\n]*$/, '')));
  const [, version = '', network = '', address = ''] = line.exec(fake.stdout.text()) ?? [];
  return { version: Number(version), network, address };
}

function collect(pipe: Readable): Output {
  let kept = Buffer.alloc(0);
  let length = 0;
  pipe.on('data', (chunk: Buffer) => {
    length += chunk.length;
    if (kept.length < maxOutputBytes) kept = Buffer.concat([kept, chunk]);
  });

  function until(holds: (output: Output) => boolean): Promise<void> {
    return new Promise((resolve, reject) => {
      const check = () => {
        if (!holds(output)) return;
        pipe.off('data', check);
        resolve();
      };
      pipe.on('data', check);
      pipe.once('end', () => {
        reject(new Error(`The output ended with: ${kept.subarray(-200).toString()}`));
      });
      check();
    });
  }

  const output: Output = {
    pipe,
    bytes: () => kept,
    text: () => kept.toString(),
    length: () => length,
    until,
  };
  return output;
}

function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // The whole group is gone already.
  }
}

function isOver(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}
