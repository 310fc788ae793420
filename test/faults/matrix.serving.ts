import { unlinkSync } from 'node:fs';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { crashes, fakeCall, freezesFor, goesOn, isRestarted, sends } from './deeds.js';
import type { Fault } from './fault.js';

const again = ['crashed', 'restarting', 'spawning', 'handshaking', 'healthy'] as const;
const endedFirst = ['stopping', ...again] as const;
const restarted = 'It is restarted at once.';
const dies = { states: again, withinMs: 3000, follows: restarted } as const;
/** The longest pause of 0.33 s, three deadlines of 1 s, two pauses more, and three excuses on a busy machine. */
const hangs = { states: endedFirst, withinMs: 10_000, follows: 'It is ended and restarted.' } as const;
const survives = { states: [], follows: 'It goes on, and answers probes.' } as const;
const MiB = 1024 * 1024;

/** Faults of a plugin that serves. */
export const serving: readonly Fault[] = [
  {
    name: 'SIGKILL',
    made: 'the process is sent it',
    plugin: 'healthy',
    ...dies,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
  {
    name: 'SIGSEGV',
    made: 'the process ends itself by it',
    plugin: 'sigsegv',
    ...dies,
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGSEGV' },
    ...isRestarted(crashes()),
  },
  {
    name: 'Exits after the handshake',
    made: 'the program exits with 1 while it serves',
    plugin: 'crashes-on-command',
    ...dies,
    end: { kind: 'exit', code: 'PLUGIN_CRASHED', exit: 1 },
    ...isRestarted(crashes()),
  },
  {
    name: 'Out of memory',
    made: 'the program takes memory up to its limit of 300 MiB',
    plugin: 'eats-memory',
    limits: { memoryBytes: 300 * MiB },
    supervision: { restart: { restart: 'temporary' } },
    states: ['crashed'],
    follows: 'The hint names the limit. A temporary plugin is not restarted.',
    withinMs: 10_000,
    end: { kind: 'oom', code: 'PLUGIN_CRASHED' },
    play: async (stage) => {
      await stage.call('activate', 'bystander');
      await stage.call('activate', 'victim');
      stage.strike();
      await stage.until('it ends', async () => (await stage.status()).state === 'crashed');
    },
  },
  {
    name: 'SIGSTOP, then SIGCONT',
    made: 'frozen for 1.5 s, which is more than one probe may take',
    plugin: 'healthy',
    ...survives,
    withinMs: 10_000,
    ...goesOn(freezesFor(1500)),
  },
  {
    name: 'SIGSTOP',
    made: 'frozen for ever',
    plugin: 'healthy',
    ...hangs,
    end: { kind: 'hang', code: 'HEALTH_TIMEOUT', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGSTOP')),
  },
  {
    name: 'Slow answers',
    made: 'each probe takes half of its deadline',
    plugin: 'answers-slowly',
    ...survives,
    withinMs: 10_000,
    ...goesOn(() => undefined),
  },
  {
    name: 'Ceases to answer for its health',
    made: 'its health service keeps silent; it multiplexes nothing and takes calls',
    plugin: 'healthy',
    ...hangs,
    end: { kind: 'hang', code: 'HEALTH_TIMEOUT' },
    ...isRestarted((stage) => fakeCall(stage, fakeService.SetHealth.path, { status: 'silent' })),
  },
  {
    name: 'Socket removed under a living plugin',
    made: 'its socket file is unlinked',
    plugin: 'healthy',
    ...hangs,
    follows: 'A fresh dial finds it. It is asked to end, and restarted with a new socket.',
    end: { kind: 'hang', code: 'CONNECT_FAILED' },
    ...isRestarted((_, { address }) => {
      unlinkSync((address ?? '').slice('unix:'.length));
    }),
  },
  {
    name: 'Multiplexed session broken',
    made: 'its only connection ends, and the process stays alive',
    plugin: 'breaks-its-session',
    options: { multiplex: 'auto' },
    ...hangs,
    withinMs: 3000,
    end: { kind: 'hang', code: 'CONNECTION_LOST' },
    ...isRestarted(crashes()),
  },
  {
    name: 'Crash loop',
    made: 'each generation exits 100 ms after it was healthy',
    plugin: 'crashes-in-a-loop',
    states: [...again, ...again, 'crashed', 'failed'],
    follows: 'It is given up after two restarts: `PLUGIN_GAVE_UP`.',
    withinMs: 10_000,
    end: { kind: 'exit', code: 'PLUGIN_CRASHED', exit: 1 },
    play: async (stage) => {
      await stage.call('activate', 'bystander');
      await stage.call('activate', 'victim');
      stage.strike();
      await stage.until('it is given up', async () => (await stage.status()).state === 'failed');
    },
  },
  {
    name: 'Flood on stdout',
    made: 'the program writes as fast as somebody reads',
    plugin: 'floods-stdout',
    ...survives,
    withinMs: 20_000,
    ...goesOn((stage) => stage.until('lines are dropped', () => stage.logs.some(isAboutDropped))),
  },
  {
    name: 'Flood on stderr',
    made: 'the program writes as fast as somebody reads',
    plugin: 'floods-stderr',
    ...survives,
    withinMs: 20_000,
    ...goesOn((stage) => stage.until('lines are dropped', () => stage.logs.some(isAboutDropped))),
  },
  {
    name: 'Grandchild on the pipes',
    made: 'what it has started holds its stdout and stderr; it is sent SIGKILL',
    plugin: 'forks-a-grandchild',
    ...dies,
    follows: 'It is restarted at once, and what it had started is ended.',
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
  {
    name: 'Double fork',
    made: 'what it has started has left its group and session; it is sent SIGKILL',
    plugin: 'double-forks',
    ...dies,
    follows: 'It is restarted at once, and what it had started is found by its token and ended.',
    end: { kind: 'signal', code: 'PLUGIN_CRASHED', signal: 'SIGKILL' },
    ...isRestarted(sends('SIGKILL')),
  },
];

function isAboutDropped(log: string): boolean {
  return log.startsWith('victim: ') && log.includes('dropped');
}
