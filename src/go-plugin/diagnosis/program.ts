import { onStderr, programName } from './facts.js';
import type { Diagnosis, DiagnosisFacts, Evidence } from './facts.js';
import { quoteText } from '../visible-text.js';

/** Causes why the system did not start a process. */
export const spawnDiagnoses: readonly Diagnosis[] = [
  (facts) => (facts.spawnError === 'ENOENT' ? notFound(facts) : null),
  (facts) => (facts.spawnError === 'EACCES' || facts.spawnError === 'EPERM' ? mayNotExecute(facts) : null),
  (facts) =>
    facts.spawnError === 'ETXTBSY'
      ? `${programName(facts)} is open for writing, so it cannot be executed (ETXTBSY): wait until it is written; install a new version by renaming it into place.`
      : null,
  ({ spawnError }) =>
    spawnError === 'E2BIG'
      ? 'The arguments or environment of the plugin are too large for the system (128 KiB for one variable): pass the large value in a file, or inherit fewer variables.'
      : null,
  ({ spawnError }) =>
    spawnError !== undefined && ['EAGAIN', 'ENOMEM', 'EMFILE', 'ENFILE'].includes(spawnError)
      ? `This machine had no room for one more process (${spawnError}): raise the host's limit on processes, files or memory, or run fewer plugins.`
      : null,
  (facts) =>
    facts.spawnError === undefined
      ? null
      : `The system did not start ${programName(facts)} (${facts.spawnError}): start it by hand to see the reason.`,
];

/** Causes why a program file that exists cannot run on this machine. */
export const programDiagnoses: readonly Diagnosis[] = [
  (facts) => prlimitFailure(facts),
  onStderr(/(?:\\r|\r)['’]?: (?:No such file|not found|bad interpreter)/, (_, facts) =>
    carriageReturn(facts),
  ),
  onStderr(
    /\benv: ['‘]?([^'’:\n]+)['’]?: No such file or directory/,
    ([, command = ''], facts) =>
      `The first line of ${programName(facts)} names ${quoteText(command)}, which is not on the plugin's PATH: install it, or let the #! line name its full path.`,
  ),
  onStderr(
    /version [`'"]?((?:GLIBC|GLIBCXX|CXXABI|MUSL)_[\d.]+)['"]? not found/,
    ([, version = '']) =>
      `The plugin was built for a newer C library than this machine has (${version}): build it on an older system, or link it statically.`,
  ),
  onStderr(
    /(?:while loading shared libraries|rror loading shared library):? ([^\s:]+)|(?:^|[\s:])([^\s:]+): cannot open shared object file/,
    (groups) => missingLibrary(groups[1] || (groups[2] ?? '')),
  ),
  onStderr(/Library not loaded: (\S+)/, ([, library = '']) => missingLibrary(library)),
  (facts) => wrongMachine(facts),
  onStderr(
    /exec format error|bad CPU type in executable|cannot execute binary file/i,
    (_, facts) =>
      `${programName(facts)} is not built for this machine: install a build for ${machine(facts)}.`,
  ),
  (facts) => notAProgram(facts),
];

/** Under limits `prlimit` starts the program, and reports what a start without limits returns as an error code. */
function prlimitFailure(evidence: Evidence): string | null {
  const { exitCode, final } = evidence;
  if (exitCode !== 126 && exitCode !== 127) return null;
  const reason = /^prlimit: failed to execute .*: ([^:\n]+)$/m.exec(final.text)?.[1];
  if (reason === undefined) return null;
  return reason.startsWith('No such file') ? notFound(evidence) : mayNotExecute(evidence);
}

function carriageReturn(facts: DiagnosisFacts): string {
  return `The first line of ${programName(facts)} ends in a carriage return: save the file with unix line ends (LF).`;
}

function mayNotExecute(facts: DiagnosisFacts): string {
  const { file, executable } = facts;
  const program = programName(facts);
  if (file?.isFile === false) return `${program} is no file: name the program in it.`;
  if (file?.hasExecutableBit === false)
    return `${program} may not be executed: make it executable with chmod +x.`;
  const interpreter =
    executable?.format === 'script'
      ? `, or its interpreter ${quoteText(executable.interpreter)} may not be executed`
      : '';
  return `${program} is executable, but the system refuses to execute it: its file system is mounted noexec, or a directory above it is closed to this user${interpreter}; move the plugin, or change that.`;
}

function notFound(facts: DiagnosisFacts): string {
  const { executable, runtime, missingDirectory } = facts;
  if (missingDirectory !== undefined)
    return `The working directory ${quoteText(missingDirectory)} does not exist: install the plugin again, or correct the option cwd.`;
  if (executable?.format === 'script' && executable.endsInCarriageReturn === true)
    return carriageReturn(facts);
  if (executable?.format === 'script') {
    return `${programName(facts)} is there, but its interpreter ${quoteText(executable.interpreter)} is not: install it, or correct the #! line.`;
  }
  if (executable) {
    return `${programName(facts)} is there, but the loader that it names is not: install a build for this system's C library, or a static one.`;
  }
  const missing = `${programName(facts)} does not exist`;
  switch (runtime) {
    case 'python':
      return `${missing}: run \`espalier prepare\` on the plugin directory to make its virtual environment, or install Python.`;
    case 'node':
      return `${missing}: install Node and put it on PATH.`;
    case 'executable':
      return `${missing}: build the plugin, or correct server.executable in the manifest.`;
  }
}

function missingLibrary(library: string): string {
  return `The shared library ${quoteText(library)} is missing on this machine: install the system package that has it, or link the plugin statically.`;
}

function wrongMachine(facts: DiagnosisFacts): string | null {
  const { executable } = facts;
  if (!executable || executable.format === 'script') return null;
  const { format, arch } = executable;
  if (format === nativeFormat(facts.hostPlatform) && canRun(arch, facts)) return null;
  return `${programName(facts)} is built for ${arch} ${systems[format]}, but this machine is ${machine(facts)}: install a build for it, under server.executables in the manifest.`;
}

const systems = { elf: 'Linux or another unix (ELF)', macho: 'macOS (Mach-O)', pe: 'Windows (PE)' } as const;

function nativeFormat(platform: string): 'elf' | 'macho' | 'pe' {
  if (platform === 'darwin') return 'macho';
  return platform === 'win32' ? 'pe' : 'elf';
}

function canRun(arch: string, { hostArch, hostPlatform }: DiagnosisFacts): boolean {
  if (arch === hostArch || arch === 'unknown' || arch === 'universal') return true;
  // 32-bit programs run on their 64-bit successors; macOS and Windows translate x64 for arm64.
  if (arch === 'ia32') return hostArch === 'x64' || (hostArch === 'arm64' && hostPlatform === 'win32');
  if (arch === 'x64') return hostArch === 'arm64' && (hostPlatform === 'darwin' || hostPlatform === 'win32');
  return arch === 'arm' && hostArch === 'arm64';
}

function notAProgram(facts: Evidence): string | null {
  const { executable, runtime, entry = '', final } = facts;
  if (executable !== null || runtime !== 'executable') return null;
  // The system passes a file of unknown format to the shell, which then fails on its first words.
  const shellFailed = facts.exitCode === 126 || facts.exitCode === 127;
  if (!shellFailed && !/not found|syntax error|unexpected/i.test(final.text)) return null;
  const remedy = entry.endsWith('.py')
    ? 'set server.runtime to python in the manifest'
    : 'put a #! line at its top if it is a script, or build it again';
  return `${programName(facts)} is neither a program nor a script with a #! line, so the shell tried to run it: ${remedy}.`;
}

function machine({ hostArch, hostPlatform }: DiagnosisFacts): string {
  return `${hostPlatform}-${hostArch}`;
}
