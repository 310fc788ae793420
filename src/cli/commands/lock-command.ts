import { Option, type Command } from 'commander';
import { checkLockFile, lockFileName, lockPlugins, type LockOutcome } from '../../environment/index.js';
import { coloursFor } from '../output/colours.js';
import { errorText } from '../output/error-text.js';
import { exitCode } from '../exit-code.js';
import { noBundles } from './no-bundles.js';

interface LockFlags {
  readonly json?: boolean;
  readonly bundle?: boolean;
  readonly check?: boolean;
  readonly algorithm: 'sha256' | 'sha512';
  readonly file?: string;
}

export function addLockCommand(program: Command): void {
  program
    .command('lock')
    .description('write down the checksums of a directory of plugins, or compare the plugins with them')
    .argument('<dir>', 'the directory that holds the bundles')
    .option('--bundle', 'pin whole bundles, instead of their manifests and entries')
    .option('--check', 'write nothing: compare the plugins with the lock file')
    .addOption(
      new Option('--algorithm <name>', 'of the checksums').choices(['sha256', 'sha512']).default('sha256'),
    )
    .option('--file <path>', `the lock file (default: ${lockFileName} in the directory)`)
    .option('--json', 'print JSON for programs: one line for each plugin')
    .addHelpText(
      'after',
      `
With --locked, \`espalier run\` and \`espalier check\` start only what the lock file knows.

Exit codes: 0 all is well, 1 a plugin cannot be locked or is not what the lock says, 2 wrong usage.`,
    )
    .action(async (dir: string, flags: LockFlags) => {
      process.exitCode = await lock(dir, flags);
    });
}

async function lock(dir: string, flags: LockFlags): Promise<number> {
  const { file, algorithm, bundle } = flags;
  const outcomes = await (flags.check === true
    ? checkLockFile(dir, { file })
    : lockPlugins(dir, { file, algorithm, bundle }));
  if (outcomes.length === 0)
    process.stderr.write(`${errorText(noBundles(dir), coloursFor(process.stderr, process.env))}\n`);
  for (const outcome of outcomes) {
    process.stdout.write(`${flags.json === true ? JSON.stringify(outcome) : outcomeLine(outcome)}\n`);
  }
  return outcomes.some(({ outcome }) => outcome === 'failed') ? exitCode.failed : exitCode.ok;
}

function outcomeLine(locked: LockOutcome): string {
  const out = coloursFor(process.stdout, process.env);
  if (locked.outcome === 'failed')
    return `${locked.plugin}  ${out.error('failed')}\n${errorText(locked.error, out)}`;
  return `${locked.plugin}  ${out.success(locked.outcome)}`;
}
