import { Option, type Command } from 'commander';
import { checkLockFile, lockFileName, lockPlugins } from '../../environment/index.js';
import { reportOutcomes } from './report-outcomes.js';

interface LockFlags {
  readonly json?: boolean;
  readonly bundle?: boolean;
  readonly check?: boolean;
  readonly algorithm: 'sha256' | 'sha512';
  readonly file?: string;
}

/** Adds `espalier lock`. */
export function addLockCommand(program: Command): void {
  program
    .command('lock')
    .description('write the checksums of the bundles in a directory to a lock file, or verify them')
    .argument('<dir>', 'the directory that holds the bundles')
    .option('--bundle', 'lock whole bundles, instead of only their manifests and entries')
    .option('--check', 'write nothing: compare the bundles with the lock file')
    .addOption(
      new Option('--algorithm <name>', 'the algorithm of the checksums')
        .choices(['sha256', 'sha512'])
        .default('sha256'),
    )
    .option('--file <path>', `the lock file (default: ${lockFileName} in the directory)`)
    .option('--json', 'print JSON for programs: one line for each plugin')
    .addHelpText(
      'after',
      `
With --locked, \`espalier run\` and \`espalier check\` start only plugins that match the lock file.

Exit codes: 0 success, 1 a bundle cannot be locked or does not match the lock file, 2 wrong usage.`,
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
  return reportOutcomes(dir, outcomes, flags.json === true, ({ outcome }, { success }) => success(outcome));
}
