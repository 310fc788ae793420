import { parentPort } from 'node:worker_threads';
import fc from 'fast-check';
import { sequences } from './operations.js';
import { runSequence, type Tally } from './run-sequence.js';

/** So many sequences from a seed; with a path, the one that it leads to. */
interface Batch {
  readonly seed: number;
  readonly runs: number;
  readonly path?: string;
}

/** `report` describes the violation; `null`: there is none. */
export interface BatchResult {
  readonly runs: number;
  readonly tally: Tally;
  readonly report: string | null;
  readonly path: string | null;
}

parentPort?.on('message', (batch: Batch) => {
  parentPort?.postMessage(run(batch));
});

function run({ seed, runs, path }: Batch): BatchResult {
  const tally: Tally = {};
  const property = fc.property(sequences, (sequence) => {
    runSequence(sequence, tally);
  });
  const details = fc.check(property, { seed, numRuns: runs, ...(path !== undefined && { path }) });
  return {
    runs: details.numRuns,
    tally,
    report: details.failed
      ? `${reasonOf(details.errorInstance)}\n${fc.defaultReportMessage(details) ?? ''}`
      : null,
    path: details.counterexamplePath,
  };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
