import { InvalidArgumentError } from 'commander';
import { maxTimerMs } from '../../model/index.js';

/** Parses a number of milliseconds from 1 to the longest delay of a Node timer. */
export function parseMilliseconds(value: string): number {
  const ms = Number(value);
  if (value.trim() === '' || !(ms >= 1 && ms <= maxTimerMs)) {
    throw new InvalidArgumentError(`It must be a number of milliseconds between 1 and ${maxTimerMs}.`);
  }
  return ms;
}

/** Parses a TCP port; 0 means any free one. */
export function parsePort(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isInteger(number) || number < 0 || number > 65_535) {
    throw new InvalidArgumentError('It must be a port between 0 and 65535.');
  }
  return number;
}

const units = { ms: 1, s: 1000, m: 60_000, h: 60 * 60_000, d: 24 * 60 * 60_000 } as const;

/** Parses a duration such as 250ms, 30s, 5m, 1.5h or 2d into milliseconds; a number without a unit is milliseconds. */
export function parseDuration(value: string): number {
  const [, number = '', unit = 'ms'] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)?$/.exec(value.trim()) ?? [];
  if (number === '') throw new InvalidArgumentError('It must be a duration such as 250ms, 30s, 5m or 1h.');
  return Number(number) * units[unit as keyof typeof units];
}

/** Parses the seed of a random number generator: a whole number from 0. */
export function parseSeed(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isSafeInteger(number) || number < 0) {
    throw new InvalidArgumentError('It must be a whole number of at least 0.');
  }
  return number;
}
