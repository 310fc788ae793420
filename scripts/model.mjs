// Runs random sequences of commands and faults against the real machines, on all cores, and checks the invariants of
// the tree after each step:
//
//   npm run model                              ten thousand of them
//   npm run model -- --runs 100000             a full run
//   npm run model -- --runs 100000 --seeds 10  ten full runs from seeds of their own: the nightly form
//   npm run model -- --seed 7 --path "3:0:1"   one of them again, as a failure names it
import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { withBundle } from './run-typescript.mjs';

const usage = `usage: npm run model -- [--runs N] [--seed N] [--seeds N] [--path P] [--workers N]

  --runs N     how many sequences (default: 10000)
  --seed N     where chance begins (default: another one each time, which is printed)
  --seeds N    how many runs, one after the other, each from a seed of its own (default: 1)
  --path P     the one sequence of this seed that a failure has named
  --workers N  how many run at once (default: one a core)`;
const batchRuns = 250;
const progressMs = 1000;
/** Each batch takes the next seed: the seeds of two runs must lie further apart than a run has batches. */
const seedDistance = 10_000_019;
/** What a run must have come to, or it has proved little. */
const states = ['spawning', 'handshaking', 'healthy', 'stopping', 'crashed', 'restarting', 'failed', 'idle'];

function main({ runs, seed: firstSeed, seeds, path, workers }) {
  return withBundle('test/model/worker.ts', async (program) => {
    for (let number = 0; number < seeds; number += 1) {
      const seed = (firstSeed + number * seedDistance) | 0;
      const batches = path === undefined ? split(runs, seed) : [{ seed, runs: 1, path }];
      const which = seeds === 1 ? '' : ` (run ${number + 1} of ${seeds})`;
      console.log(`${path === undefined ? runs : 1} sequences from seed ${seed}${which}`);
      const exitCode = report(await runAll(program, batches, Math.min(workers, batches.length)));
      if (exitCode !== 0) return exitCode;
    }
    return 0;
  });
}

function split(runs, seed) {
  return Array.from({ length: Math.ceil(runs / batchRuns) }, (_, index) => ({
    seed: (seed + index) | 0,
    runs: Math.min(batchRuns, runs - index * batchRuns),
  }));
}

/** Hands out the batches, one to each worker at a time, until all are done or one has failed. */
async function runAll(program, batches, workers) {
  const begun = performance.now();
  const total = batches.reduce((sum, { runs }) => sum + runs, 0);
  const result = { runs: 0, tally: {}, failure: null, seconds: 0 };
  const progress = setInterval(() => tell(result.runs, total, begun), progressMs);
  const waiting = [...batches];
  await Promise.all(Array.from({ length: workers }, () => work(program, waiting, result)));
  clearInterval(progress);
  result.seconds = (performance.now() - begun) / 1000;
  return result;
}

function work(program, waiting, result) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(program);
    let batch;
    const next = () => {
      batch = result.failure === null ? waiting.shift() : undefined;
      if (batch === undefined) worker.terminate().then(resolve, reject);
      else worker.postMessage(batch);
    };
    worker.on('error', reject);
    worker.on('message', (done) => {
      result.runs += done.runs;
      for (const [what, count] of Object.entries(done.tally))
        result.tally[what] = (result.tally[what] ?? 0) + count;
      if (done.report !== null) result.failure ??= { seed: batch.seed, ...done };
      next();
    });
    next();
  });
}

function tell(done, total, begun) {
  const seconds = (performance.now() - begun) / 1000;
  const rate = done / seconds;
  const left = rate === 0 ? '?' : Math.ceil((total - done) / rate);
  console.log(
    `${done} of ${total} (${((100 * done) / total).toFixed(0)} %), ${rate.toFixed(0)} a second, ${left} s left`,
  );
}

function report({ runs, tally, failure, seconds }) {
  const rows = Object.entries(tally).sort(([one], [other]) => one.localeCompare(other));
  const width = Math.max(...rows.map(([what]) => what.length));
  for (const [what, count] of rows) console.log(`  ${what.padEnd(width)} ${String(count).padStart(9)}`);
  if (failure !== null) {
    console.error(
      `\n${failure.report}\n\nTo see it again: npm run model -- --seed ${failure.seed} --path "${failure.path}"`,
    );
    return 1;
  }
  console.log(`\n${runs} sequences in ${seconds.toFixed(0)} s: every promise was kept.`);
  const missing = states.filter((state) => !(`became ${state}` in tally));
  if (runs < batchRuns || missing.length === 0) return 0;
  console.error(`But none came to ${missing.join(', ')}, so that proves little.`);
  return 1;
}

function parse() {
  const { values } = parseArgs({
    options: {
      runs: { type: 'string', default: '10000' },
      seed: { type: 'string', default: String(Date.now() % 2 ** 31) },
      seeds: { type: 'string', default: '1' },
      path: { type: 'string' },
      workers: { type: 'string', default: String(availableParallelism()) },
      help: { type: 'boolean' },
    },
  });
  if (values.help) {
    console.log(usage);
    process.exit(0);
  }
  const [runs, seed, seeds, workers] = [values.runs, values.seed, values.seeds, values.workers].map(Number);
  if (
    ![runs, seeds, workers].every((count) => Number.isInteger(count) && count > 0) ||
    !Number.isInteger(seed)
  )
    throw new Error('--runs, --seeds and --workers must be whole numbers above 0, and --seed a whole number');
  if (values.path !== undefined && (seeds > 1 || values.runs !== '10000'))
    throw new Error('--path is one sequence of one seed: give it with --seed alone');
  return { runs, seed, seeds, workers, path: values.path };
}

try {
  process.exitCode = await main(parse());
} catch (error) {
  console.error(`${error.message}\n\n${usage}`);
  process.exitCode = 2;
}
