import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { endWithHost, fakeCall, keepsServing, isRestarted, isStopped, pause, sends } from './inject.js';
import type { FaultScenario } from './fault-scenario.js';
import { guardianOf } from './processes.js';
import { victim, type HostUnderTest } from './host-under-test.js';

const again = ['crashed', 'restarting', 'spawning', 'handshaking', 'healthy'] as const;
const stopsInOrder = { states: ['stopping', 'idle'], foundBy: 'idle', withinMs: 10_000 } as const;
const survives = { states: [], expectation: 'Both plugins go on, and answer probes.' } as const;
const hour = 3_600_000;

/** Faults of an end that was wanted. */
export const stops: readonly FaultScenario[] = [
  {
    name: 'Ignores SIGTERM',
    injection: 'neither Shutdown nor SIGTERM ends it; it is deactivated',
    plugin: 'ignores-sigterm-and-shutdown',
    ...stopsInOrder,
    expectation: 'It is ended by SIGKILL, after the deadlines of the rungs before.',
    end: { kind: 'signal', signal: 'SIGKILL' },
    ...isStopped,
  },
  {
    name: 'Hangs in OnDeactivate',
    injection: 'the hook never returns; it is deactivated',
    plugin: 'hangs-in-on-deactivate',
    ...stopsInOrder,
    expectation: 'It is asked to end once the hook has had its time.',
    end: { kind: 'exit', exit: 0 },
    ...isStopped,
  },
];

/** Faults of the host and its machine. */
export const hosts: readonly FaultScenario[] = [
  {
    name: 'Disk full for logs',
    injection: 'the sink of its stderr is /dev/full, where each write fails with ENOSPC',
    plugin: 'floods-stderr',
    options: { sink: '/dev/full' },
    states: [],
    expectation: 'The log says once that the sink has failed; the plugin goes on.',
    withinMs: 20_000,
    ...keepsServing((stage) => stage.until('the failure is told', () => stage.logs.some(isAboutNoSpace))),
  },
  {
    name: 'Disk full, then freed',
    injection:
      'logs and `stateDir` are on a tmpfs of 1 MiB, which is filled; there is room again, and it is sent SIGKILL',
    plugin: 'healthy',
    onSmallDisk: true,
    states: again,
    expectation:
      'The log and `unwritable` tell ENOSPC, once each. With room, `writable` is told and what was lost is written; the next process is logged again.',
    withinMs: 20_000,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    run: async (stage) => {
      await isRestarted(async (_, { pid }) => {
        await fillDisk(stage);
        stage.disk().free();
        process.kill(pid ?? 0, 'SIGKILL');
      }).run(stage);
      await freeDisk(stage);
    },
  },
  {
    name: 'EMFILE',
    injection: 'the host has no file descriptor left for 3 s, and the plugin is sent SIGKILL',
    plugin: 'healthy',
    openFiles: 100,
    supervision: {
      restart: { retryFailedStart: true, backoff: { firstMs: 0, baseMs: 4000, capMs: 4000, jitter: 'none' } },
    },
    states: ['crashed', 'restarting', 'spawning', ...again],
    expectation:
      'Its start fails with `SPAWN_FAILED` and is tried again by its policy. The other plugin is not accused.',
    withinMs: 3000,
    end: { kind: 'spawn', code: 'SPAWN_FAILED' },
    ...isRestarted(async (stage, { pid }) => {
      await stage.command('hoard');
      process.kill(pid ?? 0, 'SIGKILL');
      await pause(3000);
      await stage.command('release');
    }),
  },
  {
    name: 'Clock jumps ahead',
    injection: "the host's Date is set an hour ahead",
    plugin: 'healthy',
    ...survives,
    withinMs: 10_000,
    ...keepsServing((stage) => stage.command('shiftClock', { ms: hour })),
  },
  {
    name: 'Clock jumps back',
    injection: "the host's Date is set back by an hour, and the plugin is sent SIGKILL",
    plugin: 'healthy',
    states: again,
    expectation: 'It is restarted as soon as ever.',
    withinMs: 3000,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(async (stage, status) => {
      await stage.command('shiftClock', { ms: -hour });
      await sends('SIGKILL')(stage, status);
    }),
  },
  {
    name: "Host's loop blocked for 5 s",
    injection: 'its only thread computes',
    plugin: 'healthy',
    ...survives,
    withinMs: 20_000,
    ...keepsServing((stage) => stage.command('block', { ms: 5000 })),
  },
  {
    name: 'Host paused and continued',
    injection: 'the host is sent SIGSTOP, and SIGCONT after 4 s',
    plugin: 'healthy',
    ...survives,
    withinMs: 20_000,
    ...keepsServing(async ({ host }) => {
      host.kill('SIGSTOP');
      await pause(4000);
      host.kill('SIGCONT');
    }),
  },
  {
    name: 'Guardian killed',
    injection: 'the process that would end the plugins is sent SIGKILL',
    plugin: 'healthy',
    states: [],
    expectation: 'Another guardian takes its place.',
    withinMs: 10_000,
    ...keepsServing(async (stage) => {
      const first = stage.guardian();
      // One that dies within a second of its start is only replaced at the next start of a plugin.
      await pause(1000);
      process.kill(first ?? 0, 'SIGKILL');
      await stage.until('there is another', () => ![first, null].includes(guardianOf(stage.host.pid ?? 0)));
    }),
  },
  {
    name: 'Host SIGKILL',
    injection: 'the host is sent it',
    plugin: 'double-forks',
    states: [],
    expectation: 'The guardian ends all that they and what they have started are.',
    withinMs: 3000,
    endsHost: true,
    ...endWithHost(({ host }) => host.kill('SIGKILL')),
  },
  {
    name: 'Host SIGINT at a terminal',
    injection: '`espalier run` runs in a pseudo-terminal, and Ctrl-C is typed',
    plugin: 'healthy',
    atTerminal: true,
    states: [],
    expectation: 'Both plugins are brought down in order, and the host exits with 0.',
    withinMs: 10_000,
    endsHost: true,
    run: async (stage) => {
      const row = new RegExp(`${victim} +healthy`);
      await stage.until(
        'both are healthy',
        () => row.test(stage.logs.join('')) && stage.survivors().length > 2,
      );
      const ended = new Promise((resolve) => stage.host.once('exit', resolve));
      stage.markFault();
      stage.host.stdin?.write('\x03');
      const code = await ended;
      if (code !== 0) throw new Error(`It exited with ${String(code)}.`);
    },
  },
];

const lost = { deadlines: { termMs: 400 } };

/** Has something logged and something written down while there is no room. */
async function fillDisk(stage: HostUnderTest): Promise<void> {
  await stage.until('it is written down', () => recordIn(stage).includes('"reattach": {'));
  stage.disk().fill();
  await printsTo(stage, 'nowhere');
  await stage.until('the log tells', () => stage.logs.some(isAboutNoSpace));
  await stage.call('setPolicy', victim, lost);
  await stage.until('it is told', () => stage.intents.length > 0);
  await stage.call('setPolicy', victim, { deadlines: { termMs: 300 } });
  await stage.call('setPolicy', victim, lost);
  await printsTo(stage, 'nowhere');
  const [intent] = stage.intents;
  if (intent?.state !== 'unwritable' || !(intent.problem ?? '').includes('ENOSPC'))
    throw new Error(`Of the full disk it told ${JSON.stringify(intent)}.`);
}

async function freeDisk(stage: HostUnderTest): Promise<void> {
  await stage.until('it is written again', () => stage.intents.at(-1)?.state === 'writable');
  await stage.until('what was lost is written', () => recordIn(stage).includes('"termMs": 400'));
  await printsTo(stage, 'somewhere');
  const isLogged = (): boolean => readFileSync(join(stage.disk().view, 'stderr'), 'utf8') === 'somewhere\n';
  await stage.until('it is logged again', isLogged);
  const told = [stage.intents.length, stage.logs.filter(isAboutNoSpace).length].join(' and ');
  if (told !== '2 and 1') throw new Error(`It told ${told} times of the disk: ${stage.logs.join('; ')}`);
}

function recordIn(stage: HostUnderTest): string {
  return readFileSync(join(stage.disk().view, `state/plugins/${victim}.json`), 'utf8');
}

function printsTo(stage: HostUnderTest, word: string): Promise<unknown> {
  return fakeCall(stage, fakeService.Print.path, { channel: 'stderr', to: 'pipe', text: `${word}\n` });
}

function isAboutNoSpace(log: string): boolean {
  return log.startsWith('victim: ') && log.includes('ENOSPC');
}
