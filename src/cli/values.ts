import { InvalidArgumentError } from 'commander';

/** A number of milliseconds that a timer can hold. */
export function milliseconds(value: string): number {
  const ms = Number(value);
  if (value.trim() === '' || !(ms >= 1 && ms < 2 ** 31)) {
    throw new InvalidArgumentError(`It must be a number of milliseconds between 1 and ${2 ** 31 - 1}.`);
  }
  return ms;
}

/** A TCP port; 0 stands for any free one. */
export function port(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new InvalidArgumentError('It must be a port between 0 and 65535.');
  }
  return number;
}
