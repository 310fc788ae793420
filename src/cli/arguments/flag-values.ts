import { InvalidArgumentError, type Command } from 'commander';

/**
 * Makes a command and its subcommands reject a value that looks like a flag, not a number: commander gives a flag without a value the
 * next flag as its value, whose own value then becomes an argument of the command.
 */
export function rejectFlagsAsValues(command: Command): void {
  for (const option of command.options.filter(({ required }) => required)) {
    const { parseArg } = option;
    option.argParser((value: string, previous: unknown) => {
      if (/^-\D/.test(value))
        throw new InvalidArgumentError(`The value is missing: ${value} looks like a flag.`);
      return parseArg === undefined ? value : parseArg(value, previous);
    });
  }
  for (const subcommand of command.commands) rejectFlagsAsValues(subcommand);
}
