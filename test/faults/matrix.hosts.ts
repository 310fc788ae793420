import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { endWithHost, fakeCall, keepsServing, isRestarted, isStopped, pause, sends } from './inject.js';
import type { FaultScenario } from './fault-scenario.js';
import { guardianOf } from './processes.js';
import { victim, type HostUnderTest } from './host-under-test.js';

const again = ['crashed', 'restarting', 'spawning', 'handshaking', 'healthy'] as const;
const stopsInOrder = { states: ['stopping', 'idle'], foundBy: 'idle', withinMs: 10_000 } as const;
const survives = { states: [], expectation: 'Both plugins go on and answer probes.' } as const;
const hour = 3_600_000;

/** Faults of a requested stop. */
export const stops: readonly FaultScenario[] = [
  {
    name: 'Ignores SIGTERM',
    injection: 'it is deactivated; it ignores Shutdown and SIGTERM',
    plugin: 'ignores-sigterm-and-shutdown',
    ...stopsInOrder,
    expectation: 'SIGKILL ends it after the deadlines of the earlier stop steps.',
    end: { kind: 'signal', signal: 'SIGKILL' },
    ...isStopped,
  },
  {
    name: 'Hangs in OnDeactivate',
    injection: 'it is deactivated; the hook never returns',
    plugin: 'hangs-in-on-deactivate',
    ...stopsInOrder,
    expectation: 'After the deadline of the hook, Shutdown ends it.',
    end: { kind: 'exit', exit: 0 },
    ...isStopped,
  },
];

/** Faults of the host and its operating system. */
export const hosts: readonly FaultScenario[] = [
  {
    name: 'Disk full for logs',
    injection: 'the sink of its stderr is /dev/full, where every write fails with ENOSPC',
    plugin: 'floods-stderr',
    options: { sink: '/dev/full' },
    states: [],
    expectation: 'One log line reports the failed sink; the plugin goes on.',
    withinMs: 20_000,
    ...keepsServing((host) => host.until('the failure is logged', () => host.logs.some(isAboutNoSpace))),
  },
  {
    name: 'Disk full, then freed',
    injection:
      'logs and `stateDir` are on a full tmpfs of 1 MiB; then it is freed, and the plugin gets SIGKILL',
    plugin: 'healthy',
    onSmallDisk: true,
    states: again,
    expectation:
      'One log line and one `unwritable` event report ENOSPC. After that, `writable` follows, the newest state is written, and the next process is logged.',
    withinMs: 20_000,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    run: async (host) => {
      await isRestarted(async (_, { pid }) => {
        await fillDisk(host);
        host.disk().free();
        process.kill(pid ?? 0, 'SIGKILL');
      }).run(host);
      await freeDisk(host);
    },
  },
  {
    name: 'EMFILE',
    injection: 'the host has no free file descriptor for 3 s, and the plugin gets SIGKILL',
    plugin: 'healthy',
    openFiles: 100,
    supervision: {
      restart: { retryFailedStart: true, backoff: { firstMs: 0, baseMs: 4000, capMs: 4000, jitter: 'none' } },
    },
    states: ['crashed', 'restarting', 'spawning', ...again],
    expectation: 'Its start fails with `SPAWN_FAILED` and is retried. The other plugin is not affected.',
    withinMs: 3000,
    end: { kind: 'spawn', code: 'SPAWN_FAILED' },
    ...isRestarted(async (host, { pid }) => {
      await host.command('takeDescriptors');
      process.kill(pid ?? 0, 'SIGKILL');
      await pause(3000);
      await host.command('releaseDescriptors');
    }),
  },
  {
    name: 'Clock jumps ahead',
    injection: "the host's Date is set an hour ahead",
    plugin: 'healthy',
    ...survives,
    withinMs: 10_000,
    ...keepsServing((host) => host.command('shiftClock', { ms: hour })),
  },
  {
    name: 'Clock jumps back',
    injection: "the host's Date is set back by an hour, and the plugin gets SIGKILL",
    plugin: 'healthy',
    states: again,
    expectation: 'It is restarted without a delay.',
    withinMs: 3000,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(async (host, status) => {
      await host.command('shiftClock', { ms: -hour });
      await sends('SIGKILL')(host, status);
    }),
  },
  {
    name: 'Event loop of the host blocked for 5 s',
    injection: 'its main thread is busy',
    plugin: 'healthy',
    ...survives,
    withinMs: 20_000,
    ...keepsServing((host) => host.command('block', { ms: 5000 })),
  },
  {
    name: 'Host paused and continued',
    injection: 'the host gets SIGSTOP, and SIGCONT after 4 s',
    plugin: 'healthy',
    ...survives,
    withinMs: 20_000,
    ...keepsServing(async ({ child }) => {
      child.kill('SIGSTOP');
      await pause(4000);
      child.kill('SIGCONT');
    }),
  },
  {
    name: 'Guardian killed',
    injection: 'the guardian of the host gets SIGKILL',
    plugin: 'healthy',
    states: [],
    expectation: 'A new guardian is started.',
    withinMs: 10_000,
    ...keepsServing(async (host) => {
      const first = host.guardian();
      // A guardian that dies within its first second is not replaced before the next start of a plugin.
      await pause(1000);
      process.kill(first ?? 0, 'SIGKILL');
      await host.until(
        'there is another guardian',
        () => ![first, null].includes(guardianOf(host.child.pid ?? 0)),
      );
    }),
  },
  {
    name: 'Host SIGKILL',
    injection: 'the host gets SIGKILL',
    plugin: 'double-forks',
    states: [],
    expectation: 'The guardian kills the plugins and their descendants.',
    withinMs: 3000,
    endsHost: true,
    ...endWithHost(({ child }) => child.kill('SIGKILL')),
  },
  {
    name: 'Host SIGINT at a terminal',
    injection: '`espalier run` runs in a pseudo-terminal, and Ctrl-C is typed',
    plugin: 'healthy',
    atTerminal: true,
    states: [],
    expectation: 'Both plugins are stopped in order, and the host exits with 0.',
    withinMs: 10_000,
    endsHost: true,
    run: async (host) => {
      const row = new RegExp(`${victim} +healthy`);
      await host.until('both are healthy', () => row.test(host.logs.join('')) && host.survivors().length > 2);
      const ended = new Promise((resolve) => host.child.once('exit', resolve));
      host.markFault();
      host.child.stdin?.write('\x03');
      const code = await ended;
      if (code !== 0) throw new Error(`It exited with ${String(code)}.`);
    },
  },
];

const lost = { deadlines: { termMs: 400 } };

/** Fills the disk, then causes one log line and one write of the state that must fail. */
async function fillDisk(host: HostUnderTest): Promise<void> {
  await host.until('the record is written', () => recordIn(host).includes('"reattach": {'));
  host.disk().fill();
  await print(host, 'nowhere');
  await host.until('the failure is logged', () => host.logs.some(isAboutNoSpace));
  await host.call('setPolicy', victim, lost);
  await host.until('the event is sent', () => host.stateDirectoryEvents.length > 0);
  await host.call('setPolicy', victim, { deadlines: { termMs: 300 } });
  await host.call('setPolicy', victim, lost);
  await print(host, 'nowhere');
  const [event] = host.stateDirectoryEvents;
  if (event?.state !== 'unwritable' || !(event.problem ?? '').includes('ENOSPC'))
    throw new Error(`The event of the full disk is ${JSON.stringify(event)}.`);
}

async function freeDisk(host: HostUnderTest): Promise<void> {
  await host.until('the state is writable', () => host.stateDirectoryEvents.at(-1)?.state === 'writable');
  await host.until('the newest policy is written', () => recordIn(host).includes('"termMs": 400'));
  await print(host, 'somewhere');
  const isLogged = (): boolean => readFileSync(join(host.disk().view, 'stderr'), 'utf8') === 'somewhere\n';
  await host.until('the line is logged', isLogged);
  const counts = [host.stateDirectoryEvents.length, host.logs.filter(isAboutNoSpace).length].join(' and ');
  if (counts !== '2 and 1')
    throw new Error(`Expected 2 events and 1 log line, saw ${counts}: ${host.logs.join('; ')}`);
}

function recordIn(host: HostUnderTest): string {
  return readFileSync(join(host.disk().view, `state/plugins/${victim}.json`), 'utf8');
}

function print(host: HostUnderTest, text: string): Promise<unknown> {
  return fakeCall(host, fakeService.Print.path, { channel: 'stderr', to: 'pipe', text: `${text}\n` });
}

function isAboutNoSpace(log: string): boolean {
  return log.startsWith(`${victim}: `) && log.includes('ENOSPC');
}
