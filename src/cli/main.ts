#!/usr/bin/env node
import { Command, CommanderError } from 'commander';
import { isPluginError } from '../model/index.js';
import { addCheckCommand } from './commands/check-command.js';
import { coloursFor } from './output/colours.js';
import { errorText } from './output/error-text.js';
import { exitCode } from './exit-code.js';
import { addGraphCommand } from './commands/graph-command.js';
import { addLockCommand } from './commands/lock-command.js';
import { addPrepareCommand } from './commands/prepare-command.js';
import { addRunCommand, withInspectPort } from './commands/run-command.js';
import { addSimulateCommand } from './commands/simulate-command.js';
import { packageVersion } from './package-version.js';

const program = new Command('espalier')
  .description('Starts, watches, restarts and explains plugins that speak the go-plugin protocol.')
  .version(packageVersion)
  .showHelpAfterError('(add --help for the usage)')
  .configureHelp({ showGlobalOptions: true })
  .exitOverride();
addCheckCommand(program);
addRunCommand(program);
addPrepareCommand(program);
addLockCommand(program);
addSimulateCommand(program);
addGraphCommand(program);

try {
  await program.parseAsync(withInspectPort(process.argv));
} catch (error) {
  process.exitCode = exitCodeOf(error);
  if (!(error instanceof CommanderError)) {
    process.stderr.write(`${errorText(error, coloursFor(process.stderr, process.env))}\n`);
  }
}

function exitCodeOf(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  return isPluginError(error) && error.code === 'CONFIG_INVALID' ? exitCode.usage : exitCode.failed;
}
