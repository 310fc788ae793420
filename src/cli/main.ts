#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { isPluginError } from '../model/index.js';
import { addCheckCommand } from './commands/check-command.js';
import { rejectFlagsAsValues } from './arguments/flag-values.js';
import { discardClosedOutput } from './output/closed-pipe.js';
import { coloursFor } from './output/colours.js';
import { errorText } from './output/error-text.js';
import { createOutput } from './output/output.js';
import { exitCode } from './commands/exit-code.js';
import { addGraphCommand } from './commands/graph-command.js';
import { addLockCommand } from './commands/lock-command.js';
import { addPrepareCommand } from './commands/prepare-command.js';
import { addRunCommand, withInspectPort } from './commands/run-command.js';
import { addSimulateCommand } from './commands/simulate-command.js';

/** The version in package.json; a test checks that they are equal. */
const packageVersion = '0.1.0';

discardClosedOutput();

const program = new Command('espalier')
  .description(
    'Supervises out-of-process plugins that use the go-plugin protocol: starts, probes, restarts and explains them.',
  )
  .version(packageVersion)
  .showHelpAfterError('(use --help for usage)')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride();
addCheckCommand(program);
addRunCommand(program);
addPrepareCommand(program);
addLockCommand(program);
addSimulateCommand(program);
addGraphCommand(program);
rejectFlagsAsValues(program);

try {
  await program.parseAsync(withInspectPort(process.argv));
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError)) {
    createOutput(process.stderr).print(errorText(error, coloursFor(process.stderr, process.env)));
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  return isPluginError(error) && error.code === 'CONFIG_INVALID' ? exitCode.usage : exitCode.failed;
}
