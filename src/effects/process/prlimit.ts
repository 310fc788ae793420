import { readFile } from 'node:fs/promises';
import type { ResourceLimits } from '../../model/index.js';
import { findProgram, isExecutableFile, searchPath, type HostEnv } from './search-path.js';

/** A command line, and whether its limits apply. */
export interface LimitedCommand {
  readonly command: string;
  readonly args: readonly string[];
  /** Why the limits do not apply; `null`: they do, or there are none. */
  readonly problem: string | null;
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
}

/** From SIGXCPU, which a program may handle, to SIGKILL, in seconds of CPU time. */
const cpuGraceSeconds = 5;

/** Where `prlimit` is searched when it is not on the host's PATH. */
const fallbackPath = '/usr/bin:/bin:/usr/sbin:/sbin';

/**
 * Puts a program under limits from its first instruction on: `prlimit` of util-linux sets them and executes the
 * program under the same pid. Where that is impossible, returns the program without limits and the problem.
 */
export async function withPrlimit(
  program: Program,
  limits: ResourceLimits,
  env: HostEnv,
  platform: string = process.platform,
): Promise<LimitedCommand> {
  const { command, args, cwd } = program;
  const options = Object.keys(limits).length === 0 ? [] : prlimitOptions(limits, await hardLimits());
  if (options.length === 0) return { command, args, problem: null };
  const without = (problem: string | null): LimitedCommand => ({ command, args, problem });
  if (platform !== 'linux') return without(`${platform} has no prlimit`);
  const [prlimit] = [
    ...(await searchPath('prlimit', env, platform)),
    ...(await searchPath('prlimit', { PATH: fallbackPath }, platform)),
  ];
  if (prlimit === undefined) return without('there is no program prlimit; install util-linux');
  // A program that cannot be started must fail as it does without limits, not as a prlimit that exits with 127.
  const path = await findProgram(command, cwd, env, platform);
  if (path === null || !(await isExecutableFile(path))) return without(null);
  return { command: prlimit, args: [...options, '--', path, ...args], problem: null };
}

/** Merges two sets of limits; the smaller one counts, so a manifest cannot raise the limit of the host. */
export function strictestLimits(one: ResourceLimits, other: ResourceLimits): ResourceLimits {
  const smaller = (key: keyof ResourceLimits): ResourceLimits => {
    const value = Math.min(one[key] ?? Infinity, other[key] ?? Infinity);
    return value === Infinity ? {} : { [key]: value };
  };
  return { ...smaller('memoryBytes'), ...smaller('cpuSeconds'), ...smaller('openFiles') };
}

type HardLimits = Readonly<Record<'memoryBytes' | 'cpuSeconds' | 'openFiles', number>>;

/** Leaves out what the hard limit enforces already; only root may set more than that. */
function prlimitOptions({ memoryBytes, cpuSeconds, openFiles }: ResourceLimits, hard: HardLimits): string[] {
  const options: string[] = [];
  if (memoryBytes !== undefined && memoryBytes < hard.memoryBytes)
    options.push(`--data=${memoryBytes}:${memoryBytes}`);
  if (cpuSeconds !== undefined && cpuSeconds < hard.cpuSeconds)
    options.push(`--cpu=${cpuSeconds}:${Math.min(cpuSeconds + cpuGraceSeconds, hard.cpuSeconds)}`);
  if (openFiles !== undefined && openFiles < hard.openFiles)
    options.push(`--nofile=${openFiles}:${openFiles}`);
  return options;
}

/** The hard limits of the host, which its plugins inherit. */
async function hardLimits(): Promise<HardLimits> {
  const text = await readFile('/proc/self/limits', 'latin1').catch(() => '');
  const hard = (name: string): number => {
    const [, , found = 'unlimited'] = new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm').exec(text) ?? [];
    return found === 'unlimited' ? Infinity : Number(found);
  };
  return {
    memoryBytes: hard('Max data size'),
    cpuSeconds: hard('Max cpu time'),
    openFiles: hard('Max open files'),
  };
}
