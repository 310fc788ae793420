import { InvalidArgumentError } from 'commander';

/** A number of milliseconds that a timer can hold. */
export function parseMilliseconds(value: string): number {
  const ms = Number(value);
  if (value.trim() === '' || !(ms >= 1 && ms < 2 ** 31)) {
    throw new InvalidArgumentError(`It must be a number of milliseconds between 1 and ${2 ** 31 - 1}.`);
  }
  return ms;
}

/** A TCP port; 0 stands for any free one. */
export function parsePort(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new InvalidArgumentError('It must be a port between 0 and 65535.');
  }
  return number;
}

const units = { ms: 1, s: 1000, m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000 } as const;

/** A span of time such as 250ms, 30s, 5m, 1.5h or 2d, in milliseconds; a bare number is milliseconds. */
export function parseDuration(value: string): number {
  const [, number = '', unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(value.trim()) ?? [];
  if (number === '')
    throw new InvalidArgumentError('It must be a span of time such as 250ms, 30s, 5m or 1h.');
  return Number(number) * units[unit as keyof typeof units];
}

/** A whole number that a stream of chance begins with. */
export function parseSeed(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new InvalidArgumentError('It must be a whole number, 0 or more.');
  }
  return number;
}
