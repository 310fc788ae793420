import { basename, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { lockFileName, type EnvironmentOptions } from '../../environment/index.js';
import { printableText, type SupervisionOptions } from '../../model/index.js';
import { checkPlugin } from '../check/check-plugin.js';
import { coloursFor } from '../output/colours.js';
import { errorText } from '../output/error-text.js';
import { eventLine, isPrinted } from '../output/event-line.js';
import { createLinePrinter, createOutput, neverBlock } from '../output/output.js';
import { exitCode } from './exit-code.js';
import { addSharedFlags, environmentOptions, type SharedFlags } from '../arguments/shared-flags.js';
import { onStopSignal } from './stop-signals.js';
import { parseMilliseconds } from '../arguments/argument-parsers.js';

interface CheckFlags extends SharedFlags {
  readonly timeout?: number;
}

/** Adds `espalier check`. */
export function addCheckCommand(program: Command): void {
  addSharedFlags(
    program
      .command('check')
      .description('start a plugin once, probe it, stop it, and report what is wrong')
      .argument('[bundle]', 'the directory with the plugin.json or plugin.yaml')
      .argument('[command...]', 'after --: a program and its arguments, instead of a bundle')
      .option(
        '--timeout <ms>',
        'how long the start may take, in milliseconds (default: 15000)',
        parseMilliseconds,
      ),
  )
    .addHelpText('after', examples)
    .action(
      async (bundle: string | undefined, command: readonly string[], flags: CheckFlags, self: Command) => {
        process.exitCode = await check(target(bundle, command, self), flags);
      },
    );
}

const examples = `
Examples:
  espalier check ./plugins/hello
  espalier check --timeout 3000 --json ./plugins/hello
  espalier check --cookie BASIC_PLUGIN=hello -- ./kv-go-grpc

Exit codes: 0 the plugin is ok, 1 it is not, 2 wrong usage.`;

type Target =
  | { readonly bundles: readonly [string] }
  | { readonly programs: readonly [{ id: string; command: string; args: readonly string[] }] };

function target(first: string | undefined, rest: readonly string[], self: Command): Target {
  if (first === undefined)
    self.error('error: name a bundle directory, or a program after --', { exitCode: exitCode.usage });
  // Commander drops the `--`, so only the raw arguments tell a bundle from a program.
  const dashes = process.argv.indexOf('--');
  const afterDashes = dashes === -1 ? 0 : process.argv.length - dashes - 1;
  const isProgram = afterDashes === rest.length + 1;
  if (!isProgram && rest.length > 0) {
    const [second = ''] = rest;
    const mistake = dashes === -1 ? `${second} is neither` : `${first} is before it, and ${second} after it`;
    self.error(`error: name a bundle directory, or a program and its arguments after --: ${mistake}`, {
      exitCode: exitCode.usage,
    });
  }
  return isProgram
    ? { programs: [{ id: programId(first, rest), command: first, args: rest }] }
    : { bundles: [first] };
}

/** A script has its own name, not that of the interpreter that runs it. */
function programId(command: string, args: readonly string[]): string {
  const isInterpreter = /^(?:python|node|ruby|perl|php|java|bash|dash|sh|env|uv|deno|bun)[\d.]*$/.test(
    basename(command),
  );
  // What follows an option may be its value: the text after `-e` or `-c` is no file.
  const [script] = args.filter(
    (argument, at) => !argument.startsWith('-') && !/^-[ec]$/.test(args[at - 1] ?? ''),
  );
  return basename(isInterpreter && script !== undefined ? script : command).toLowerCase();
}

/** The lock file of a single bundle is in its parent directory. */
function lockFileFor(
  plugin: Target,
  { locked }: CheckFlags,
  { lockFile }: EnvironmentOptions,
): EnvironmentOptions['lockFile'] {
  if (locked !== true || typeof lockFile === 'string') return lockFile;
  return 'bundles' in plugin ? join(resolve(plugin.bundles[0]), '..', lockFileName) : true;
}

async function check(plugin: Target, flags: CheckFlags): Promise<number> {
  const colours = coloursFor(process.stderr, process.env);
  // A plugin that floods its log must not fill this process if its stderr is not read.
  neverBlock(process.stderr);
  const stderr = createOutput(process.stderr);
  const printLog = createLinePrinter(
    stderr,
    (line) => stderr.tryWrite(`${line}\n`),
    (dropped) => `${dropped} lines dropped: stderr is not read, or not fast enough`,
  );
  const abort = new AbortController();
  const signals = onStopSignal(() => {
    abort.abort();
  });
  // A check must not restore or record anything.
  const options = { ...environmentOptions(flags), stateDir: undefined };
  const deadlines: SupervisionOptions['deadlines'] =
    flags.timeout === undefined ? {} : { startMs: flags.timeout };
  const policy = { ...options.policy, deadlines: { ...options.policy?.deadlines, ...deadlines } };
  const { report, error } = await checkPlugin({
    environment: { ...options, ...plugin, policy, lockFile: lockFileFor(plugin, flags, options) },
    signal: abort.signal,
    onEvent: (event) => {
      if (event.type === 'plugin.log' && isPrinted(event, flags.logLevel)) {
        printLog(eventLine(event, colours));
      }
    },
  });
  signals.release();
  const { print } = createOutput(process.stdout);
  if (flags.json === true) {
    print(JSON.stringify(report));
  } else {
    const out = coloursFor(process.stdout, process.env);
    for (const { name, ok, ms, detail = '' } of report.steps) {
      const mark = ok ? out.success('ok  ') : out.error('FAIL');
      // The error of a failed step follows in full.
      const shown = !ok && detail === report.error?.message ? '' : printableText(detail);
      const took = out.dim(`${ms} ms`.padStart(9));
      print(`${mark} ${name.padEnd(12)}${took}  ${shown}`.trimEnd());
    }
    print(report.ok ? `${out.success('ok')}: ${printableText(report.plugin)}` : errorText(error, out));
  }
  return report.ok ? exitCode.ok : exitCode.failed;
}
