import { parseArgs } from 'node:util';
import fc from 'fast-check';
import { print, wholeNumber } from '../faults/command.js';
import { fuzzTargets, type FuzzTarget } from './targets.js';

const help = `Gives made-up input to what parses the words of plugins, bundles and files.

  npm run fuzz -- [--runs 5000] [--seed 1] [target …]

  --runs   inputs for each target
  --seed   the seed of the inputs; by default it is drawn, and printed
  target   ${fuzzTargets.map(({ name }) => name).join(', ')}; by default all

Each input has to end in a value or in a typed error, within a second. Garbage is collected between them. Exits with 1
and the smallest input that fails, and with its seed.
`;

/** Inputs between two collections of garbage. */
const inputsPerCollection = 100;
const longestInputMs = 1000;

/** Runs the targets; resolves with the exit code. */
export function main(args: string[], collectGarbage: () => void): number {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      runs: { type: 'string', default: '5000' },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    print(help);
    return 0;
  }
  const unknown = positionals.filter((name) => !fuzzTargets.some((target) => target.name === name));
  if (unknown.length > 0) throw new Error(`There is no target ${unknown.join(', ')}. See --help.`);
  const runs = wholeNumber('runs', values.runs);
  const seed = values.seed === undefined ? Date.now() % 2 ** 31 : wholeNumber('seed', values.seed);
  print(`seed ${seed}\n`);
  const wanted = fuzzTargets.filter(({ name }) => positionals.length === 0 || positionals.includes(name));
  const failed = wanted.filter((target) => !holds(target, runs, seed, collectGarbage));
  return failed.length > 0 ? 1 : 0;
}

function holds(
  { name, property }: FuzzTarget,
  runs: number,
  seed: number,
  collectGarbage: () => void,
): boolean {
  const begun = performance.now();
  let inputs = 0;
  let longestMs = 0;
  const timed = fc.property(fc.constant(null), () => undefined) as fc.IProperty<unknown>;
  timed.generate = property.generate.bind(property);
  timed.shrink = property.shrink.bind(property);
  timed.run = (input) => {
    inputs += 1;
    if (inputs % inputsPerCollection === 0) collectGarbage();
    const start = performance.now();
    const outcome = property.run(input);
    const ms = performance.now() - start;
    longestMs = Math.max(longestMs, ms);
    if (ms <= longestInputMs) return outcome;
    return { error: new Error(`It took ${ms.toFixed(0)} ms.`) };
  };
  const result = fc.check(timed, { numRuns: runs, seed, endOnFailure: false });
  const seconds = ((performance.now() - begun) / 1000).toFixed(1);
  const head = `${result.failed ? 'FAIL' : 'ok  '}  ${name.padEnd(14)} ${runs} inputs in ${seconds} s`;
  print(`${head}, the longest took ${longestMs.toFixed(0)} ms\n`);
  if (result.failed) print(`${fc.defaultReportMessage(result)}\n`);
  return !result.failed;
}
