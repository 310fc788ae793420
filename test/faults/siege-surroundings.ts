import { spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { HostUnderTest } from './host-under-test.js';
import { attackFor, expectServing, type SiegeAttack } from './siege-attack.js';

const mostGrowth = 64 * 1024 * 1024;
/** How long a command line may take to end after SIGTERM, whatever becomes of its output. */
const mostEndMs = 10_000;
const bundles = 4000;

/** What surrounds a host: the embedder's code, bundles, its terminal, and clients of its inspector. */
export const surroundings: readonly SiegeAttack[] = [
  {
    name: 'callbacks that throw',
    plugin: 'logs-hostile-text',
    callbacks: 'throw',
    attack:
      'Logs fields that a logger has serializers for, to a host whose logger, subscriber and inspector throw at each call.',
    result: 'Reports each callback once. The plugin serves on.',
    async run(host, size) {
      await attackFor(host, size);
      const failed = (await host.command('failedCallbacks')) as string[];
      if ([...failed].sort().join() !== 'events,inspect,logger')
        throw new Error(`The callbacks ${failed.join(', ')} were reported.`);
      await expectServing(host);
    },
  },
  {
    name: 'text that acts',
    plugin: 'logs-hostile-text',
    attack: 'Logs escape sequences, line ends and text directions to a terminal that shows `espalier run`.',
    result: 'Prints them as escapes. No line is forged.',
    async run(host, { seconds }) {
      const shown = run(host);
      let text = '';
      shown.stdout?.on('data', (chunk: Buffer) => (text += chunk.toString()));
      await host.until('the text is shown', () => text.includes('forged'));
      await pause(seconds * 500);
      await ended(shown);

      if (/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/.test(text))
        throw new Error('A control character was printed.');
      if (/^plugin bystander/m.test(text)) throw new Error('A line was forged.');
    },
  },
  {
    name: 'output that is not read',
    plugin: 'floods-short-lines',
    attack: 'Floods the log of `espalier run`, whose output is no longer read.',
    result: 'Drops lines and supervises on. SIGTERM ends it.',
    async run(host, { seconds }) {
      const unread = run(host);
      await pause(500);
      const before = resident(unread);
      await pause(seconds * 1000);
      const growth = resident(unread) - before;
      await ended(unread);
      if (growth > mostGrowth) throw new Error(`It grew by ${(growth / 1024 / 1024).toFixed(0)} MiB.`);
    },
  },
  {
    name: 'half-open upgrades',
    attack: 'Clients of the inspector begin upgrades, send a byte each second, and never end.',
    result: 'Refuses most of them, and closes the inspector at once.',
    async run(host, { times }) {
      const { port } = new URL((await host.command('inspect')) as string);
      const clients = Array.from({ length: Math.min(times, 500) }, () => {
        const client = connect(Number(port), '127.0.0.1').on('error', () => undefined);
        client.write('GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nHost: evil\r\n');
        return client;
      });
      try {
        await pause(1000);
        for (const client of clients) client.write(client.localPort === undefined ? '' : '\r\n');
        await host.command('closeInspector');
      } finally {
        for (const client of clients) client.destroy();
      }
    },
  },
  {
    name: 'a circle of requirements',
    attack: `${bundles} bundles, each of which requires the next one, and the last one the first.`,
    result: 'Refuses to start any of them, with an error of bounded length.',
    run: refuses((number) => [`circle-${number}`, { requires: [`circle-${(number + 1) % bundles}`] }]),
  },
  {
    name: 'one id for all',
    attack: `${bundles} bundles with one id.`,
    result: 'Starts none of them, with an error of bounded length.',
    run: refuses(() => ['circle-0', {}]),
  },
];

/** Writes many bundles, and expects that the first one cannot be started. */
function refuses(bundle: (number: number) => [id: string, manifest: object]): SiegeAttack['run'] {
  return async (host) => {
    for (let number = 0; number < bundles; number += 1) {
      const directory = join(host.home, 'plugins', `bundle-${number}`);
      const [id, manifest] = bundle(number);
      mkdirSync(directory);
      const server = { executable: 'run', runtime: 'executable' };
      writeFileSync(
        join(directory, 'plugin.json'),
        JSON.stringify({ id, version: '1.0.0', server, ...manifest }),
      );
    }
    await host.call('rescan');
    const refusal = await host.call('activate', 'circle-0').then(
      () => null,
      (error: unknown) => (error as Error).message,
    );
    if (refusal === null) throw new Error('A bundle was started.');
    if (refusal.length > 4000) throw new Error(`The error has ${refusal.length} characters.`);
  };
}

/** The command line on the same bundles, beside the host. */
function run(host: HostUnderTest): ChildProcess {
  const main = join(host.root, 'dist/esm/cli/main.js');
  const args = ['run', '--log-level', 'trace', '--inherit-env', 'PATH,ESPALIER_FAULTS'];
  return spawn(process.execPath, [main, ...args, join(host.home, 'plugins')], {
    env: { ...process.env, ESPALIER_FAULTS: host.marker, NO_COLOR: '1' },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
}

async function ended(child: ChildProcess): Promise<void> {
  const exit = new Promise<void>((resolve) =>
    child.once('exit', () => {
      resolve();
    }),
  );
  child.kill('SIGTERM');
  const late = pause(mostEndMs, 'late', { ref: false });
  if ((await Promise.race([exit, late])) !== 'late') return;
  child.kill('SIGKILL');
  throw new Error('SIGTERM did not end the command line.');
}

function resident({ pid = 0 }: ChildProcess): number {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) * 1024;
}
