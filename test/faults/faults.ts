import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import { faultsPage } from './faults-page.js';
import { print, wholeNumber } from './command.js';
import { matrix } from './matrix.js';
import { runScenario, type Outcome } from './run-scenario.js';

const help = `Injects every fault of the matrix into real plugins and hosts, and checks what follows.

  npm run faults -- [--write] [--parallel ${availableParallelism()}] [name …]

  --write     writes docs/faults.md instead of comparing it
  --parallel  how many faults run at a time, each with a host of its own
  name        runs only the faults whose names contain one of these, without docs/faults.md

Exits with 1 when a fault fails or docs/faults.md is stale.
`;

/** Runs the matrix; resolves with the exit code. */
export async function main(root: string, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      write: { type: 'boolean', default: false },
      parallel: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(help);
    return 0;
  }
  const startedAt = performance.now();
  const outcomes = await runAll(root, positionals, wholeNumber('parallel', values.parallel));
  const failed = outcomes.filter(({ problem }) => problem !== null).length;
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0);
  print(`\n${outcomes.length - failed} faults passed, ${failed} failed, in ${seconds} s\n`);
  if (failed > 0 || outcomes.length === 0) return 1;
  return positionals.length > 0 ? 0 : updatePage(join(root, 'docs/faults.md'), values.write);
}

async function runAll(root: string, names: readonly string[], parallel: number): Promise<Outcome[]> {
  const isWanted = (name: string): boolean =>
    names.length === 0 || names.some((part) => name.toLowerCase().includes(part.toLowerCase()));
  const pending = matrix.flatMap(({ faults }) => faults).filter(({ name }) => isWanted(name));
  const outcomes: Outcome[] = [];
  const work = async (): Promise<void> => {
    for (let fault = pending.shift(); fault !== undefined; fault = pending.shift()) {
      const outcome = await runScenario(fault, root);
      outcomes.push(outcome);
      print(lineOf(outcome));
    }
  };
  await Promise.all(Array.from({ length: parallel }, work));
  return outcomes;
}

function lineOf({ fault, foundMs, tookMs, problem }: Outcome): string {
  const found = `${foundMs?.toFixed(0) ?? '?'} ms of ${fault.withinMs}`;
  const head = `${problem === null ? 'ok  ' : 'FAIL'}  ${fault.name.padEnd(38)} ${found.padStart(18)}`;
  return `${head}  (${(tookMs / 1000).toFixed(1)} s)${problem === null ? '' : `\n      ${problem}`}\n`;
}

async function updatePage(page: string, write: boolean): Promise<number> {
  const text = await format(faultsPage(), { ...(await resolveConfig(page)), filepath: page });
  if (existsSync(page) && readFileSync(page, 'utf8') === text) return 0;
  if (write) writeFileSync(page, text);
  print(
    write ? 'docs/faults.md is written.\n' : 'docs/faults.md is stale: run `npm run faults -- --write`.\n',
  );
  return write ? 0 : 1;
}
