import { unlinkSync } from 'node:fs';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { activateBoth, crashes, fakeCall, freezesFor, keepsServing, isRestarted, sends } from './inject.js';
import type { FaultScenario } from './fault-scenario.js';
import { victim } from './host-under-test.js';

const again = ['crashed', 'restarting', 'spawning', 'handshaking', 'healthy'] as const;
const endedFirst = ['stopping', ...again] as const;
const restarted = 'It is restarted at once.';
const dies = { states: again, withinMs: 3000, expectation: restarted } as const;
/** The interval of 0.33 s, three deadlines of 1 s, two retry intervals, and three excuses on a busy machine. */
const hangs = { states: endedFirst, withinMs: 10_000, expectation: 'It is killed and restarted.' } as const;
const survives = { states: [], expectation: 'It goes on and answers probes.' } as const;
const MiB = 1024 * 1024;

/** Faults of a plugin that serves. */
export const serving: readonly FaultScenario[] = [
  {
    name: 'SIGKILL',
    injection: 'the process gets SIGKILL',
    plugin: 'healthy',
    ...dies,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
  {
    name: 'SIGSEGV',
    injection: 'the process sends itself SIGSEGV',
    plugin: 'sigsegv',
    ...dies,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGSEGV' },
    ...isRestarted(crashes()),
  },
  {
    name: 'Exits after the handshake',
    injection: 'the program exits with 1 while it serves',
    plugin: 'crashes-on-command',
    ...dies,
    end: { kind: 'exit', code: 'PLUGIN_CRASHED', exit: 1 },
    ...isRestarted(crashes()),
  },
  {
    name: 'Out of memory',
    injection: 'the program allocates memory up to its limit of 300 MiB',
    plugin: 'eats-memory',
    limits: { memoryBytes: 300 * MiB },
    supervision: { restart: { restart: 'temporary' } },
    states: ['crashed'],
    expectation: 'The hint names the limit. A temporary plugin is not restarted.',
    withinMs: 10_000,
    end: { kind: 'oom', code: 'PLUGIN_CRASHED' },
    run: async (host) => {
      await activateBoth(host);
      host.markFault();
      await host.until('it ends', async () => (await host.status()).state === 'crashed');
    },
  },
  {
    name: 'SIGSTOP, then SIGCONT',
    injection: 'stopped for 1.5 s, longer than the deadline of a probe',
    plugin: 'healthy',
    ...survives,
    withinMs: 10_000,
    ...keepsServing(freezesFor(1500)),
  },
  {
    name: 'SIGSTOP',
    injection: 'stopped forever',
    plugin: 'healthy',
    ...hangs,
    end: { kind: 'hang', code: 'HEALTH_TIMEOUT', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGSTOP')),
  },
  {
    name: 'Slow answers',
    injection: 'each probe takes half of its deadline',
    plugin: 'answers-slowly',
    ...survives,
    withinMs: 10_000,
    ...keepsServing(() => undefined),
  },
  {
    name: 'Health service does not answer',
    injection: 'its health service never answers; other calls are answered',
    plugin: 'healthy',
    ...hangs,
    end: { kind: 'hang', code: 'HEALTH_TIMEOUT' },
    ...isRestarted((host) => fakeCall(host, fakeService.SetHealth.path, { status: 'silent' })),
  },
  {
    name: 'Socket removed under a running plugin',
    injection: 'its socket file is unlinked',
    plugin: 'healthy',
    ...hangs,
    expectation:
      'A probe over a new connection finds it. It gets Shutdown and is restarted with a new socket.',
    end: { kind: 'hang', code: 'CONNECT_FAILED' },
    ...isRestarted((_, { address }) => {
      unlinkSync((address ?? '').slice('unix:'.length));
    }),
  },
  {
    name: 'Multiplexed session broken',
    injection: 'its multiplexed connection is closed, and the process stays alive',
    plugin: 'breaks-its-session',
    options: { multiplex: 'auto' },
    ...hangs,
    withinMs: 3000,
    end: { kind: 'hang', code: 'CONNECTION_LOST' },
    ...isRestarted(crashes()),
  },
  {
    name: 'Crash loop',
    injection: 'each generation exits 100 ms after it was healthy',
    plugin: 'crashes-in-a-loop',
    states: [...again, ...again, 'crashed', 'failed'],
    expectation: 'It is given up after two restarts: `PLUGIN_GAVE_UP`.',
    withinMs: 10_000,
    end: { kind: 'exit', code: 'PLUGIN_CRASHED', exit: 1 },
    run: async (host) => {
      await activateBoth(host);
      host.markFault();
      await host.until('it is given up', async () => (await host.status()).state === 'failed');
    },
  },
  {
    name: 'Flood on stdout',
    injection: 'the program writes as fast as the host reads',
    plugin: 'floods-stdout',
    ...survives,
    withinMs: 20_000,
    ...keepsServing((host) => host.until('lines are dropped', () => host.logs.some(isAboutDropped))),
  },
  {
    name: 'Flood on stderr',
    injection: 'the program writes as fast as the host reads',
    plugin: 'floods-stderr',
    ...survives,
    withinMs: 20_000,
    ...keepsServing((host) => host.until('lines are dropped', () => host.logs.some(isAboutDropped))),
  },
  {
    name: 'Grandchild on the pipes',
    injection: 'its child holds its stdout and stderr; the plugin gets SIGKILL',
    plugin: 'forks-a-grandchild',
    ...dies,
    expectation: 'It is restarted at once, and its child is killed.',
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
  {
    name: 'Double fork',
    injection: 'its child has left its process group and session; the plugin gets SIGKILL',
    plugin: 'double-forks',
    ...dies,
    expectation: 'It is restarted at once, and its child is found by its token and killed.',
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
];

function isAboutDropped(log: string): boolean {
  return log.startsWith(`${victim}: `) && log.includes('dropped');
}
