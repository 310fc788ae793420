import { readdirSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { print, wholeNumber } from './command.js';
import { createHostFleet, type HostFleet } from './host-fleet.js';
import { pidsWithMarker, waitUntil, guardianOf, killPids } from './processes.js';
import { seededRandom } from '../../src/policy/index.js';

const help = `Kills hosts while their plugins run, and counts the plugin processes that survive.

  npm run orphans -- [--kills 200] [--plugins 10] [--seed 1]

  --kills    how many hosts are killed by SIGKILL, each at a random moment
  --plugins  how many plugins each host runs
  --seed     the seed of the moments and of the actions of the hosts

Prints the number of survivors and how long the others took to end. Exits with 1 when there is a survivor.
`;

/** A process that exists longer than this after its host is a survivor. */
const clearDeadlineMs = 5000;
/** The latest moment of a kill, from when the host begins to start its plugins. */
const latestKillMs = 1500;
/** The part of the hosts whose moment counts from the start of the process. */
const earlyKillRatio = 0.15;

interface Outcome {
  readonly host: number;
  readonly survivors: number;
  readonly clearMs: number;
  /** The states of the plugins at the moment of the kill. */
  readonly states: readonly string[];
}

/** Runs the orphan check; resolves with the exit code. */
export async function main(root: string, args: string[]): Promise<number> {
  const { values } = parseArgs({
    args,
    options: {
      kills: { type: 'string', default: '200' },
      plugins: { type: 'string', default: '10' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(help);
    return 0;
  }
  const kills = wholeNumber('kills', values.kills);
  const plugins = wholeNumber('plugins', values.plugins);
  const random = seededRandom(wholeNumber('seed', values.seed));
  const fleet = createHostFleet(plugins, root);
  const outcomes: Outcome[] = [];
  try {
    for (let round = 0; round < kills; round += 1) {
      outcomes.push(await killOne(fleet, round, random));
      if ((round + 1) % 20 === 0 || round + 1 === kills) print(`${round + 1} of ${kills} hosts killed\n`);
    }
    const idle = await waitUntil(() => outcomes.every(({ host }) => guardianOf(host) === null), 10_000);
    return report(outcomes, idle, readdirSync(fleet.runtimeDir));
  } finally {
    fleet.remove();
  }
}

async function killOne(fleet: HostFleet, round: number, random: () => number): Promise<Outcome> {
  const marker = `orphans-${process.pid}-${round}.`;
  const early = random() < earlyKillRatio;
  const moment = random() * latestKillMs;
  const host = fleet.start({ seed: Math.floor(random() * 2 ** 32), marker });
  const ended = new Promise((resolve) => host.child.once('exit', resolve));
  if (!early) await host.ready;
  await new Promise((resolve) => setTimeout(resolve, moment));
  host.child.kill('SIGKILL');
  const killedAt = performance.now();
  const states = [...host.states.values()];
  const cleared = await waitUntil(() => pidsWithMarker(marker).length === 0, clearDeadlineMs);
  const clearMs = performance.now() - killedAt;
  const survivors = cleared ? [] : pidsWithMarker(marker);
  killPids(survivors);
  await ended;
  return { host: host.child.pid ?? 0, survivors: survivors.length, clearMs, states };
}

function report(outcomes: readonly Outcome[], guardiansEnded: boolean, left: readonly string[]): number {
  const survivors = outcomes.reduce((sum, outcome) => sum + outcome.survivors, 0);
  const times = outcomes.map(({ clearMs }) => clearMs).sort((a, b) => a - b);
  const at = (part: number): string =>
    (times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? 0).toFixed(1);
  const tally = new Map<string, number>();
  for (const state of outcomes.flatMap((outcome) => outcome.states))
    tally.set(state, (tally.get(state) ?? 0) + 1);
  const states = [...tally].sort(([, a], [, b]) => b - a).map(([state, count]) => `${state} ${count}`);
  print(`the plugins were: ${states.join(', ')}\n`);
  print(`until nothing was left: median ${at(0.5)} ms, p95 ${at(0.95)} ms, longest ${at(1)} ms\n`);
  print(`guardians left: ${guardiansEnded ? 'none' : 'some'}; directories left: ${left.length}\n`);
  print(`survivors: ${survivors} after ${outcomes.length} kills\n`);
  return survivors === 0 && guardiansEnded && left.length === 0 ? 0 : 1;
}
