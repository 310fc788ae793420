import type { Command } from 'commander';
import { prepareBundles, type PrepareResult } from '../../environment/index.js';
import { coloursFor } from '../output/colours.js';
import { errorText } from '../output/error-text.js';
import { exitCode } from '../exit-code.js';
import { noBundles } from './no-bundles.js';
import { onStopSignal } from '../stop-signals.js';
import { parseMilliseconds } from '../arguments/argument-parsers.js';

interface PrepareFlags {
  readonly json?: boolean;
  readonly python?: string;
  readonly timeout?: number;
}

export function addPrepareCommand(program: Command): void {
  program
    .command('prepare')
    .description("make each Python bundle's virtual environment and install its requirements")
    .argument('<dir>', 'the directory that holds the bundles')
    .option('--json', 'print JSON for programs: one line for each step, one for each outcome')
    .option('--python <path>', 'the Python to make the environments with (default: one on PATH that fits)')
    .option(
      '--timeout <ms>',
      'how long one bundle may take, in milliseconds (default: 600000)',
      parseMilliseconds,
    )
    .addHelpText(
      'after',
      `
It uses uv where that is installed, else venv and pip. Run again, it does nothing unless something has changed.

Exit codes: 0 all are ready, 1 at least one failed, 2 wrong usage.`,
    )
    .action(async (dir: string, flags: PrepareFlags) => {
      process.exitCode = await prepare(dir, flags);
    });
}

async function prepare(dir: string, flags: PrepareFlags): Promise<number> {
  const abort = new AbortController();
  const signals = onStopSignal(() => {
    abort.abort();
  });
  const out = coloursFor(process.stdout, process.env);
  const write = (line: string) => {
    process.stdout.write(`${line}\n`);
  };
  const outcomes = await prepareBundles(
    dir,
    (progress) => {
      write(
        flags.json === true ? JSON.stringify(progress) : `${progress.plugin}  ${out.dim(progress.message)}`,
      );
    },
    { signal: abort.signal, python: flags.python, deadlineMs: flags.timeout },
  );
  signals.release();
  if (outcomes.length === 0)
    process.stderr.write(`${errorText(noBundles(dir), coloursFor(process.stderr, process.env))}\n`);
  for (const outcome of outcomes) {
    if (flags.json === true) write(JSON.stringify(outcome));
    else write(outcomeLine(outcome));
  }
  const failed = outcomes.some(({ outcome }) => outcome === 'failed');
  return failed || abort.signal.aborted ? exitCode.failed : exitCode.ok;
}

function outcomeLine(prepared: PrepareResult): string {
  const { success, dim, error } = coloursFor(process.stdout, process.env);
  switch (prepared.outcome) {
    case 'not-needed':
      return `${prepared.plugin}  ${dim(`nothing to prepare: ${prepared.reason}`)}`;
    case 'unchanged':
      return `${prepared.plugin}  ${success('ready')}`;
    case 'prepared':
      return `${prepared.plugin}  ${success('ready')} (Python ${prepared.pythonVersion}, ${prepared.installer})`;
    case 'failed':
      return `${prepared.plugin}  ${error('failed')}\n${errorText(prepared.error, coloursFor(process.stdout, process.env))}`;
  }
}
