import { execFileSync } from 'node:child_process';
import { chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { victim, type HostUnderTest } from './host-under-test.js';
import { pidsWithCommand, waitUntil } from './processes.js';
import { surroundings } from './siege-surroundings.js';
import { attackFor, expectEnded, expectServing, type SiegeAttack, type SiegeSize } from './siege-attack.js';

const limitExceeded = 'LIMIT_EXCEEDED';

/** Every attack of the siege, in the order of the page. */
export const siegeAttacks: readonly SiegeAttack[] = [
  {
    name: 'frames of a wrong size',
    plugin: 'sends-frames-of-wrong-size',
    attack: 'Each fresh connection answers the health question and appends a frame of a wrong size.',
    result: 'Ends that connection. The plugin serves on.',
    supervision: { health: { freshDialEvery: 1 } },
    async run(host, { times }) {
      await host.call('activate', victim);
      for (let time = 0; time < times; time += 1) await host.call('performHealthCheck', victim);
      await expectServing(host);
    },
  },
  {
    name: 'a web server',
    plugin: 'answers-like-a-web-server',
    attack: 'Answers every request over HTTP/2 with 404 and a page.',
    result: 'Never counts it as healthy.',
    async run(host, size) {
      const activation = host.call('activate', victim).then(
        () => 'it was healthy',
        () => 'it was not',
      );
      const outcome = await Promise.race([activation, timeOf(size)]);
      if (outcome === 'it was healthy') throw new Error('A web server counts as healthy.');
    },
  },
  {
    name: 'announcements',
    plugin: 'floods-announcements',
    attack: 'Announces 100,000 ids to the broker.',
    result: 'Ends the connection with `LIMIT_EXCEEDED` and restarts it by its policy.',
    run: exceeds(limitExceeded),
  },
  {
    name: 'a gzip bomb',
    plugin: 'inflates-its-answers',
    attack: 'Answers health checks with 1.5 MB that become 1.5 GB.',
    result: 'Stops to inflate at the limit of a message, and counts each probe as missed.',
    async run(host, size) {
      await host.call('activate', victim);
      const isMissed = host
        .call('performHealthCheck', victim)
        .then(() => false)
        .catch(() => true);
      await attackFor(host, size);
      if (!(await isMissed)) throw new Error('A bomb counts as an answer.');
    },
  },
  {
    name: 'a message without end',
    plugin: 'announces-huge-messages',
    attack: "Begins a message of 2 GiB on each of the host's own streams.",
    result: 'Refuses it by its length. The streams end, the plugin serves on.',
    async run(host, size) {
      await attackFor(host, size);
      await expectServing(host);
    },
  },
  {
    name: 'pings',
    plugin: 'pings-without-reading',
    isMultiplexed: true,
    attack: 'Sends yamux pings without a pause and reads no answer.',
    result: 'Ends the session with `LIMIT_EXCEEDED` and restarts it by its policy.',
    run: exceeds(limitExceeded),
  },
  {
    name: 'knocks',
    plugin: 'knocks-without-reading',
    isMultiplexed: true,
    attack: 'Knocks on the broker without a pause and takes no answer.',
    result: 'Ends the connection with `LIMIT_EXCEEDED` and restarts it by its policy.',
    async run(host, size) {
      await host.call('activate', victim);
      await host.command('serveNothing', { id: victim });
      await exceeds(limitExceeded)(host, size);
    },
  },
  {
    name: 'empty messages',
    plugin: 'floods-empty-messages',
    attack: 'Answers a streaming call, which its caller does not read, with empty messages without a pause.',
    result: 'Holds the server up. The plugin serves on.',
    async run(host, size) {
      await host.call('activate', victim);
      await host.command('openUnreadStream', { id: victim, path: fakeService.Stream.path });
      await attackFor(host, size);
      await expectServing(host);
    },
  },
  {
    name: 'a health that flips',
    plugin: 'flips-its-health',
    supervision: { health: { watch: true } },
    attack:
      'Reports another health with each message of Health.Watch, which its policy asks for, without a pause.',
    result: 'Ends the connection with `LIMIT_EXCEEDED` and restarts it by its policy.',
    run: exceeds(limitExceeded),
  },
  {
    name: 'interim responses',
    plugin: 'floods-interim-responses',
    attack: 'Answers a health check with 103, without a pause.',
    result: 'Ends the connection with `LIMIT_EXCEEDED` and restarts it by its policy.',
    async run(host, size) {
      await host.call('activate', victim);
      void host.call('performHealthCheck', victim).catch(() => undefined);
      await exceeds(limitExceeded)(host, size);
    },
  },
  {
    name: 'short lines',
    plugin: 'floods-short-lines',
    attack: 'Prints lines of one letter on stdout and stderr without a pause.',
    result: 'Logs 2000 lines a second of each and counts the others.',
    run: servesOn,
  },
  {
    name: 'large records',
    plugin: 'floods-log-records',
    attack: 'Prints JSON records of 5,000 fields on stderr without a pause.',
    result: 'Logs some each second and counts the others.',
    run: servesOn,
  },
  {
    name: 'GRPCStdio',
    plugin: 'floods-stdio',
    attack: 'Floods GRPCStdio with lines, and with messages of 3 MiB of empty lines.',
    result: 'Logs 2000 lines a second and counts the others.',
    run: servesOn,
  },
  {
    name: 'many files',
    plugin: 'fills-its-socket-directory',
    attack: 'Makes 100,000 files in its directory for sockets and exits.',
    result: 'Removes them beside its work.',
    async run(host, size) {
      await attackFor(host, size);
      await expectEnded(host, 'PLUGIN_CRASHED');
    },
  },
  {
    name: 'a program that is a pipe',
    attack: 'A plugin replaces its program by a named pipe and exits.',
    result: 'Refuses to start it.',
    async run(host) {
      await host.call('activate', victim);
      const program = join(host.home, 'plugins', victim, 'venv/bin/python');
      execFileSync('rm', [program]);
      execFileSync('mkfifo', ['-m', '755', program]);
      await host
        .command('rpc', { id: victim, path: fakeService.Crash.path, text: '{}' })
        .catch(() => undefined);
      await expectEnded(host, 'INTERPRETER_NOT_FOUND');
    },
  },
  {
    name: 'manifests without a bottom',
    attack: 'Bundles whose manifests nest 3,000 deep, nest keys, or have 40,000 aliases.',
    result: 'Lists each as broken, before any recursion.',
    async run(host, { times }) {
      for (let time = 0; time < times; time += 1) {
        writeBundle(host, `deep-${time}`, 'plugin.json', nested('{"a":', '1', '}', 3000));
        writeBundle(host, `keys-${time}`, 'plugin.yaml', '? '.repeat(180));
        writeBundle(host, `alias-${time}`, 'plugin.yaml', `a: &a 1\nb: [${'*a,'.repeat(40_000)}]\n`);
      }
      await host.call('rescan');
      for (const kind of ['deep', 'keys', 'alias'])
        await host.call('activate', `${kind}-0`).then(
          () => {
            throw new Error(`${kind}-0 was started.`);
          },
          () => undefined,
        );
    },
  },
  {
    name: 'a state directory of another user',
    attack: 'Another user makes the state directory first, with a link in it.',
    result: 'Refuses it and writes nothing.',
    async run(host) {
      const directory = join(host.home, 'planted');
      mkdirSync(directory);
      symlinkSync(join(host.home, 'target'), join(directory, 'host.json'));
      chownSync(directory, 65_534, 65_534);
      const refusal = await host.command('secondEnvironment', { options: { stateDir: directory } }).then(
        () => null,
        (error: unknown) => (error as { code?: string }).code,
      );
      if (refusal !== 'CONFIG_INVALID') throw new Error(`The directory was not refused: ${String(refusal)}.`);
    },
  },
  ...surroundings,
  {
    name: 'a process that hides',
    plugin: 'hides-in-its-group',
    endsHost: true,
    attack: 'A child without an environment and with a newline in its name outlives the kill of the host.',
    result: 'The guardian ends it with its group.',
    async run(host) {
      await host.call('activate', victim);
      const isRunning = (): boolean => pidsWithCommand(`${host.home}/run`).length > 0;
      await host.until('the child runs', isRunning);
      host.child.kill('SIGKILL');
      if (!(await waitUntil(() => !isRunning(), 10_000))) throw new Error('It has outlived its host.');
    },
  },
];

/** The attack ends the plugin with this code, whatever the policy does then. */
function exceeds(code: string): SiegeAttack['run'] {
  return async (host, size) => {
    await attackFor(host, size);
    await expectEnded(host, code);
  };
}

async function servesOn(host: HostUnderTest, size: SiegeSize): Promise<void> {
  await attackFor(host, size);
  await expectServing(host);
}

function writeBundle(host: HostUnderTest, id: string, file: string, text: string): void {
  const directory = join(host.home, 'plugins', id);
  mkdirSync(directory);
  writeFileSync(join(directory, file), text);
}

function nested(open: string, inner: string, close: string, depth: number): string {
  return open.repeat(depth) + inner + close.repeat(depth);
}

function timeOf({ seconds }: SiegeSize): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000, null));
}
