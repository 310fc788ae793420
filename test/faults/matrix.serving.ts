import { unlinkSync } from 'node:fs';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { crashes, fakeCall, freezesFor, keepsServing, isRestarted, sends } from './inject.js';
import type { FaultScenario } from './fault-scenario.js';

const again = ['crashed', 'restarting', 'spawning', 'handshaking', 'healthy'] as const;
const endedFirst = ['stopping', ...again] as const;
const restarted = 'It is restarted at once.';
const dies = { states: again, withinMs: 3000, expectation: restarted } as const;
/** The longest pause of 0.33 s, three deadlines of 1 s, two pauses more, and three excuses on a busy machine. */
const hangs = { states: endedFirst, withinMs: 10_000, expectation: 'It is ended and restarted.' } as const;
const survives = { states: [], expectation: 'It goes on, and answers probes.' } as const;
const MiB = 1024 * 1024;

/** Faults of a plugin that serves. */
export const serving: readonly FaultScenario[] = [
  {
    name: 'SIGKILL',
    injection: 'the process is sent it',
    plugin: 'healthy',
    ...dies,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
  {
    name: 'SIGSEGV',
    injection: 'the process ends itself by it',
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
    injection: 'the program takes memory up to its limit of 300 MiB',
    plugin: 'eats-memory',
    limits: { memoryBytes: 300 * MiB },
    supervision: { restart: { restart: 'temporary' } },
    states: ['crashed'],
    expectation: 'The hint names the limit. A temporary plugin is not restarted.',
    withinMs: 10_000,
    end: { kind: 'oom', code: 'PLUGIN_CRASHED' },
    run: async (stage) => {
      await stage.call('activate', 'bystander');
      await stage.call('activate', 'victim');
      stage.markFault();
      await stage.until('it ends', async () => (await stage.status()).state === 'crashed');
    },
  },
  {
    name: 'SIGSTOP, then SIGCONT',
    injection: 'frozen for 1.5 s, which is more than one probe may take',
    plugin: 'healthy',
    ...survives,
    withinMs: 10_000,
    ...keepsServing(freezesFor(1500)),
  },
  {
    name: 'SIGSTOP',
    injection: 'frozen for ever',
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
    name: 'Ceases to answer for its health',
    injection: 'its health service keeps silent; it multiplexes nothing and takes calls',
    plugin: 'healthy',
    ...hangs,
    end: { kind: 'hang', code: 'HEALTH_TIMEOUT' },
    ...isRestarted((stage) => fakeCall(stage, fakeService.SetHealth.path, { status: 'silent' })),
  },
  {
    name: 'Socket removed under a living plugin',
    injection: 'its socket file is unlinked',
    plugin: 'healthy',
    ...hangs,
    expectation: 'A fresh dial finds it. It is asked to end, and restarted with a new socket.',
    end: { kind: 'hang', code: 'CONNECT_FAILED' },
    ...isRestarted((_, { address }) => {
      unlinkSync((address ?? '').slice('unix:'.length));
    }),
  },
  {
    name: 'Multiplexed session broken',
    injection: 'its only connection ends, and the process stays alive',
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
    run: async (stage) => {
      await stage.call('activate', 'bystander');
      await stage.call('activate', 'victim');
      stage.markFault();
      await stage.until('it is given up', async () => (await stage.status()).state === 'failed');
    },
  },
  {
    name: 'Flood on stdout',
    injection: 'the program writes as fast as somebody reads',
    plugin: 'floods-stdout',
    ...survives,
    withinMs: 20_000,
    ...keepsServing((stage) => stage.until('lines are dropped', () => stage.logs.some(isAboutDropped))),
  },
  {
    name: 'Flood on stderr',
    injection: 'the program writes as fast as somebody reads',
    plugin: 'floods-stderr',
    ...survives,
    withinMs: 20_000,
    ...keepsServing((stage) => stage.until('lines are dropped', () => stage.logs.some(isAboutDropped))),
  },
  {
    name: 'Grandchild on the pipes',
    injection: 'what it has started holds its stdout and stderr; it is sent SIGKILL',
    plugin: 'forks-a-grandchild',
    ...dies,
    expectation: 'It is restarted at once, and what it had started is ended.',
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
  {
    name: 'Double fork',
    injection: 'what it has started has left its group and session; it is sent SIGKILL',
    plugin: 'double-forks',
    ...dies,
    expectation: 'It is restarted at once, and what it had started is found by its token and ended.',
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
];

function isAboutDropped(log: string): boolean {
  return log.startsWith('victim: ') && log.includes('dropped');
}
