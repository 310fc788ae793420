import { readFileSync } from 'node:fs';
import { Option, type Command } from 'commander';
import { parseFaultTrace, parseManifest } from '../../environment/index.js';
import { messageOf, PluginError, presetNames, type FaultTrace, type PresetName } from '../../model/index.js';
import {
  composePolicy,
  crashesEvery,
  neverBecomesHealthy,
  policyWarnings,
  repeating,
  simulate,
} from '../../policy/index.js';
import { coloursFor } from '../output/colours.js';
import { createOutput } from '../output/output.js';
import { exitCode } from './exit-code.js';
import { simulationText } from '../output/simulation-text.js';
import { parseSeed, parseDuration } from '../arguments/argument-parsers.js';

interface SimulateFlags {
  readonly policy?: PresetName;
  readonly manifest?: string;
  readonly crashEvery?: number;
  readonly neverStarts?: boolean;
  readonly trace?: string;
  readonly repeat?: boolean;
  readonly for: number;
  readonly start: number;
  readonly seed: number;
  readonly json?: boolean;
}

/** Adds `espalier simulate`. */
export function addSimulateCommand(program: Command): void {
  program
    .command('simulate')
    .description('simulate how a policy reacts to a series of faults; starts no process')
    .addOption(
      new Option('--policy <preset>', 'the preset to simulate (default: espalier)').choices([...presetNames]),
    )
    .option('--manifest <file>', 'a manifest whose supervision overrides the preset')
    .option(
      '--crash-every <duration>',
      'every process crashes after it was healthy for this time (default: 0s)',
      parseDuration,
    )
    .option('--never-starts', 'no process ever becomes healthy')
    .option('--trace <file>', 'a JSON file with a list of faults, one for each process')
    .option('--repeat', 'with --trace: start over after the last fault')
    .addOption(
      new Option('--for <duration>', 'the simulated time')
        .argParser(parseDuration)
        .default(parseDuration('1h'), '1h'),
    )
    .addOption(
      new Option('--start <duration>', 'the time from the start of a process to healthy')
        .argParser(parseDuration)
        .default(0, '0s'),
    )
    .option('--seed <n>', 'the seed of the jitter, a whole number', parseSeed, 1)
    .option('--json', 'print JSON for programs: one object')
    .addHelpText('after', examples)
    .action((flags: SimulateFlags, self: Command) => {
      process.exitCode = run(flags, self);
    });
}

const examples = `
A duration is a number with the unit ms, s, m, h or d.

Examples:
  espalier simulate --crash-every 30s
  espalier simulate --policy mattermost --crash-every 10m --for 1d
  espalier simulate --policy systemd --never-starts
  espalier simulate --manifest plugins/hello/plugin.json --trace incident.json --json

A trace is a list with one fault for each process, in order; the process after the last fault stays healthy:
  [{ "afterHealthyMs": 30000 }, { "startMs": null }, { "kind": "hang", "afterHealthyMs": 0 }]

Exit codes: 0 success, 1 the manifest is not valid, 2 wrong usage.`;

function run(flags: SimulateFlags, self: Command): number {
  const sources = ['crashEvery', 'neverStarts', 'trace'] as const;
  if (sources.filter((name) => flags[name] !== undefined).length > 1)
    self.error('error: give one of --crash-every, --never-starts and --trace', { exitCode: exitCode.usage });
  if (flags.repeat === true && flags.trace === undefined)
    self.error('error: --repeat goes with --trace', { exitCode: exitCode.usage });
  const preset = flags.policy === undefined ? undefined : { preset: flags.policy };
  const policy = composePolicy(preset, supervisionOf(flags.manifest));
  const { for: forMs, start: startMs } = flags;
  const simulation = simulate(policy, traceOf(flags), { forMs, startMs, seed: flags.seed });
  const warnings = policyWarnings(policy);
  const text =
    flags.json === true
      ? JSON.stringify({ ...simulation, warnings })
      : simulationText(simulation, warnings, coloursFor(process.stdout, process.env));
  createOutput(process.stdout).print(text);
  return exitCode.ok;
}

function traceOf({ crashEvery = 0, neverStarts, trace, repeat }: SimulateFlags): FaultTrace {
  if (neverStarts === true) return neverBecomesHealthy();
  if (trace === undefined) return crashesEvery(crashEvery);
  const faults = parseFaultTrace(read(trace), trace);
  return repeat === true ? repeating(...faults) : faults;
}

function supervisionOf(manifest: string | undefined) {
  if (manifest === undefined) return undefined;
  const parsed = parseManifest(read(manifest), manifest);
  if (!parsed.ok) throw parsed.error;
  return parsed.manifest.supervision;
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new PluginError({
      code: 'CONFIG_INVALID',
      message: `The file ${file} cannot be read: ${messageOf(error)}.`,
      hint: 'Check the path; it must be a readable file.',
      cause: error,
    });
  }
}
