import { onStderr } from './facts.js';
import type { Diagnosis, DiagnosisFacts } from './facts.js';
import { quoteText } from '../visible-text.js';

/** Causes that the Python interpreter prints before it exits. */
export const pythonDiagnoses: readonly Diagnosis[] = [
  onStderr(
    /No module named 'encodings'|No Python at /,
    (_, facts) =>
      `The interpreter${named(facts)} cannot find its own standard library: it was moved or removed; ${prepare}, and set neither PYTHONHOME nor PYTHONPATH.`,
  ),
  onStderr(
    /cannot import name 'cygrpc'|wrong ELF class|invalid ELF header|incompatible architecture \(have|DLL load failed/,
    (_, facts) =>
      `A compiled Python package does not fit the interpreter${named(facts)} or this machine: delete the virtual environment and ${prepare}.`,
  ),
  onStderr(/No module named '?([\w.]+)/, ([, module = ''], facts) => missingModule(module, facts)),
  onStderr(
    /The grpc package installed is at version (\S+), but the generated code in (\S+) depends on (\S+[^\s.])/,
    ([, installed = '', file = '', wanted = '']) =>
      `${quoteText(file)} was generated for ${wanted}, but ${installed} is installed: require ${wanted} in requirements.txt and ${prepare}.`,
  ),
  onStderr(
    /Protobuf Gencode\/Runtime versions|Descriptors cannot (?:not )?be created directly|cannot import name '\w+' from 'google\.protobuf/,
    () =>
      `The generated protobuf code and the installed protobuf package do not fit: require the version that it was generated for in requirements.txt and ${prepare}, or generate it again.`,
  ),
  onStderr(
    /ImportError: cannot import name '([^'\n]+)' from '([^'\n]+)'/,
    ([, name = '', module = '']) =>
      `The installed version of the Python module ${quoteText(module)} has no ${quoteText(name)}: pin a version that has it in requirements.txt and ${prepare}.`,
  ),
  onStderr(/can't open file '([^'\n]+)': \[Errno (\d+)\]/, ([, file = '', errno]) =>
    errno === '13'
      ? `Python may not read ${quoteText(file)}: give the user of this host read permission on it.`
      : `Python cannot find the script ${quoteText(file)}: correct server.executable in the manifest, or put the script there.`,
  ),
  onStderr(
    /can't find '__main__' module in '([^'\n]+)'/,
    ([, directory = '']) =>
      `${quoteText(directory)} is a directory: let server.executable in the manifest name the Python script in it.`,
  ),
  onStderr(
    /File "([^"\n]+)", line (\d+)\r?\n(?:[ \t][^\n]*\n){0,4}((?:Syntax|Indentation|Tab)Error): ([^\n]*)/,
    ([, file = '', line = '', kind = '', problem = ''], facts) =>
      `Python cannot parse ${quoteText(file)}, line ${line} (${kind}: ${quoteText(problem)}): correct it, or, if it is meant for a newer Python than the interpreter${named(facts)}, set server.python_version and ${prepare}.`,
  ),
];

/** Any other exception: the last one on stderr. Python exits with 1 for it; before another code it must be the last line. */
export const uncaughtPythonException: Diagnosis = ({ final, exitCode }) => {
  const traceback = final.text
    .split(/^Traceback \(most recent call last\):/m)
    .slice(1)
    .at(-1);
  const exception = traceback
    ?.split('\n')
    .slice(1)
    .find((line) => /^[A-Za-z_]/.test(line));
  if (traceback === undefined || exception === undefined) return null;
  if (exitCode !== 1 && !traceback.trimEnd().endsWith(exception)) return null;
  const frames = [...traceback.matchAll(/^ {2}File "([^"\n]+)", line (\d+)/gm)];
  const [, file = '', line = ''] = frames.at(-1) ?? [];
  const place = file === '' ? '' : ` in ${quoteText(file)}, line ${line}`;
  return `The plugin ended with the Python exception ${quoteText(exception.trim())}${place}: read the traceback on its stderr and correct the cause.`;
};

const prepare = 'run `espalier prepare` on the plugin directory';

/** Packages that plugins commonly lack and whose name differs from that of the module. */
const packages: ReadonlyMap<string, string> = new Map([
  ['grpc', 'grpcio'],
  ['grpc_health', 'grpcio-health-checking'],
  ['grpc_reflection', 'grpcio-reflection'],
  ['grpc_status', 'grpcio-status'],
  ['grpc_tools', 'grpcio-tools'],
  ['google', 'protobuf'],
  ['google.protobuf', 'protobuf'],
  ['yaml', 'PyYAML'],
]);

function missingModule(module: string, facts: DiagnosisFacts): string {
  const missing = `The Python module ${quoteText(module)} is missing from the interpreter${named(facts)}`;
  if (/_pb2(?:_grpc)?$/.test(module)) {
    return `${missing}: it is generated from a .proto file; generate it with grpc_tools.protoc and ship it where the script imports it from.`;
  }
  const known = packages.get(module) ?? packages.get(module.split('.', 1).join(''));
  const wanted = known === undefined ? 'its package' : `the package ${known}`;
  return `${missing}: list ${wanted} in requirements.txt and ${prepare}.`;
}

function named({ interpreter }: DiagnosisFacts): string {
  return interpreter === undefined ? '' : ` ${quoteText(interpreter)}`;
}
