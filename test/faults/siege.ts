import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { print } from './command.js';
import { bystander, startHostUnderTest, type HostUnderTest } from './host-under-test.js';
import { callInnocent, type SiegeAttack, type SiegeSize } from './siege-attack.js';
import { siegeAttacks } from './siege-attacks.js';

const help = `Attacks an ordinary host with plugins and bundles, and measures it.

  npm run siege -- [--long] [--write] [name …]

  --long   attacks for longer, and repeats more often
  --write  writes the table of docs/security.md
  name     only the attacks whose names contain one of these, without the table

Each attack meets a host of its own with default options and one innocent plugin, which has to serve on with its first
process. Exits with 1 where the host does anything else than the table says, its event loop stands still for more than
250 ms, or its memory grows by more than 64 MiB. An attack that fails is repeated once, as the machine may be busy.
`;

const mostStallMs = 250;
const mostGrowth = 64 * 1024 * 1024;

const sizes: Readonly<Record<'short' | 'long', SiegeSize>> = {
  short: { seconds: 2, times: 200 },
  long: { seconds: 20, times: 10_000 },
};

/** What one attack led to. */
interface Outcome {
  readonly attack: SiegeAttack;
  readonly stallMs: number;
  /** How much the resident memory of the host grew at most, in bytes. */
  readonly growth: number;
  /** The first thing that is not as it should be; `null`: all is. */
  readonly problem: string | null;
}

/** Runs the siege; resolves with the exit code. */
export async function main(root: string, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      long: { type: 'boolean', default: false },
      write: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(help);
    return 0;
  }
  const isWanted = ({ name }: SiegeAttack): boolean =>
    positionals.length === 0 || positionals.some((part) => name.includes(part));
  const outcomes: Outcome[] = [];
  // One at a time: two hosts on one machine would slow each other down.
  for (const attack of siegeAttacks.filter(isWanted)) {
    const first = await withstand(attack, root, sizes[values.long ? 'long' : 'short']);
    print(lineOf(first));
    const last = first.problem === null ? first : await withstand(attack, root, sizes.short);
    if (last !== first) print(lineOf(last));
    outcomes.push(last);
  }
  const failed = outcomes.filter(({ problem }) => problem !== null).length;
  print(`\n${outcomes.length - failed} attacks withstood, ${failed} not\n`);
  if (values.write && positionals.length === 0) await writeTable(join(root, 'docs/security.md'), outcomes);
  return failed > 0 || outcomes.length === 0 ? 1 : 0;
}

async function withstand(attack: SiegeAttack, root: string, size: SiegeSize): Promise<Outcome> {
  let measured = { stallMs: 0, growth: 0 };
  let host: HostUnderTest | null = null;
  try {
    host = await startOrdinaryHost(attack, root);
    const memory = watchMemory(host);
    await host.command('watchLoop');
    try {
      await attack.run(host, size);
    } finally {
      const stallMs = attack.endsHost === true ? 0 : await host.command('loopStall').catch(() => NaN);
      measured = { stallMs: stallMs as number, growth: memory.stop() };
    }
    if (attack.endsHost !== true) await expectUntouched(host);
    expectAtMost('The event loop stood still for', measured.stallMs, mostStallMs, 'ms');
    expectAtMost('The memory grew by', measured.growth / 1024 / 1024, mostGrowth / 1024 / 1024, 'MiB');
    return { attack, ...measured, problem: null };
  } catch (error) {
    return { attack, ...measured, problem: (error as Error).message };
  } finally {
    host?.close();
  }
}

/** A host with default options and an innocent plugin that has served for a while. */
async function startOrdinaryHost(
  { name, plugin, supervision, isMultiplexed, callbacks }: SiegeAttack,
  root: string,
) {
  const host = await startHostUnderTest(
    {
      name,
      injection: '',
      expectation: '',
      plugin: plugin ?? 'crashes-on-command',
      ...(supervision !== undefined && { supervision }),
      options: {
        policy: undefined,
        callbacks,
        ...(isMultiplexed === true && { multiplex: 'auto' }),
      } as object,
      states: [],
      withinMs: 0,
      run: () => Promise.resolve(),
    },
    root,
  );
  try {
    await host.call('activate', bystander);
    await host.command('warmUp', { id: bystander, path: fakeService.Echo.path, calls: 2000 });
    return host;
  } catch (error) {
    host.close();
    throw error;
  }
}

/** The innocent plugin is what it was: its first process serves, and answers. */
async function expectUntouched(host: HostUnderTest): Promise<void> {
  await callInnocent(host);
  const { state, generation } = await host.status(bystander);
  if (state !== 'healthy' || generation !== 1)
    throw new Error(`The innocent plugin is ${state} in generation ${generation}.`);
}

/** Reads the resident memory of a host again and again. `stop` returns by how much it grew at most, in bytes. */
function watchMemory({ child }: HostUnderTest): { stop(): number } {
  const file = `/proc/${child.pid ?? 0}/status`;
  const resident = (): number =>
    existsSync(file) ? Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1] ?? 0) * 1024 : 0;
  const before = resident();
  let most = before;
  const read = (): void => {
    most = Math.max(most, resident());
  };
  const timer = setInterval(read, 20);
  return {
    stop() {
      clearInterval(timer);
      read();
      return most - before;
    },
  };
}

function expectAtMost(what: string, value: number, most: number, unit: string): void {
  if (value > most) throw new Error(`${what} ${value.toFixed(0)} ${unit}; ${most} are allowed.`);
}

function lineOf({ attack, stallMs, growth, problem }: Outcome): string {
  const numbers = `${stallMs.toFixed(0).padStart(5)} ms  ${megabytes(growth).padStart(4)} MiB`;
  const head = `${problem === null ? 'ok  ' : 'FAIL'}  ${attack.name.padEnd(34)} ${numbers}`;
  return `${head}${problem === null ? '' : `\n      ${problem}`}\n`;
}

function megabytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}

const [start, end] = ['<!-- generated:siege -->', '<!-- /generated:siege -->'];

async function writeTable(page: string, outcomes: readonly Outcome[]): Promise<void> {
  const head = ['attack', 'what the host does', 'longest stall', 'memory', 'innocent plugin'];
  const rows = outcomes.map(({ attack, stallMs, growth, problem }) => [
    attack.attack,
    attack.result,
    `${stallMs.toFixed(0)} ms`,
    `${megabytes(growth)} MiB`,
    attack.endsHost === true ? 'ends with its host' : problem === null ? 'untouched' : `**${problem}**`,
  ]);
  const table = [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
  const text = readFileSync(page, 'utf8');
  const [from, to] = [text.indexOf(start), text.indexOf(end)];
  if (from === -1 || to < from) throw new Error(`${page} has no markers for the table of the siege.`);
  const next = `${text.slice(0, from)}${start}\n\n${table}\n\n${text.slice(to)}`;
  writeFileSync(page, await format(next, { ...(await resolveConfig(page)), filepath: page }));
  print('docs/security.md is written.\n');
}
