import type { Command } from 'commander';
import { prepareBundles, type PrepareResult } from '../../environment/index.js';
import { printableText } from '../../model/index.js';
import { coloursFor, type Colours } from '../output/colours.js';
import { createOutput } from '../output/output.js';
import { exitCode } from './exit-code.js';
import { reportOutcomes } from './report-outcomes.js';
import { onStopSignal } from './stop-signals.js';
import { parseMilliseconds } from '../arguments/argument-parsers.js';

interface PrepareFlags {
  readonly json?: boolean;
  readonly python?: string;
  readonly timeout?: number;
}

/** Adds `espalier prepare`. */
export function addPrepareCommand(program: Command): void {
  program
    .command('prepare')
    .description('create the virtual environment of each Python bundle and install its requirements')
    .argument('<dir>', 'the directory that holds the bundles')
    .option('--json', 'print JSON for programs: one line for each step, one for each outcome')
    .option('--python <path>', 'the Python that creates the environments (default: a suitable one on PATH)')
    .option(
      '--timeout <ms>',
      'how long one bundle may take, in milliseconds (default: 600000)',
      parseMilliseconds,
    )
    .addHelpText(
      'after',
      `
It uses uv if that is installed, else venv and pip. Bundles that have not changed are left as they are.

Exit codes: 0 all bundles are ready, 1 at least one failed, 2 wrong usage.`,
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
  const { dim } = coloursFor(process.stdout, process.env);
  const output = createOutput(process.stdout);
  const outcomes = await prepareBundles(
    dir,
    (progress) => {
      const { plugin, message } = progress;
      const text = `${printableText(plugin)}  ${dim(printableText(message))}`;
      output.print(flags.json === true ? JSON.stringify(progress) : text);
    },
    { signal: abort.signal, python: flags.python, deadlineMs: flags.timeout },
  );
  signals.release();
  const code = reportOutcomes(dir, outcomes, flags.json === true, describePrepared);
  return abort.signal.aborted ? exitCode.failed : code;
}

function describePrepared(
  prepared: Exclude<PrepareResult, { readonly outcome: 'failed' }>,
  { success, dim }: Colours,
): string {
  switch (prepared.outcome) {
    case 'not-needed':
      return dim(`nothing to prepare: ${prepared.reason}`);
    case 'unchanged':
      return success('ready');
    case 'prepared':
      return `${success('ready')} (Python ${prepared.pythonVersion}, ${prepared.installer})`;
  }
}
