import { optionProblems } from '../../../src/environment/options/option-problems.js';
import { createEnvironment, type EnvironmentOptions } from '../../../src/environment/index.js';
import { createSimulatedEnvironment, type SimulatedEnvironmentOptions } from '../../../src/testing/index.js';

const program = { command: '/bin/true' };

describe('the options of createEnvironment', () => {
  it.each<[unknown, ...string[]]>([
    [undefined, 'it is missing'],
    [null, 'it must be an object'],
    [[], 'it must be an object'],
    [{}, 'pluginDir, bundles or programs must be given'],
    [{ bundles: [], polcy: {} }, 'polcy is not known: did you mean policy?'],
    [{ pluginDirectory: 'a' }, 'pluginDirectory is not known: did you mean pluginDir?'],
    [{ bundles: [], MTLS: 'off' }, 'MTLS is not known: did you mean mtls?'],
    [{ pluginDir: '' }, 'pluginDir must be a path'],
    [{ bundles: 'a' }, 'bundles must be a list'],
    [{ bundles: [''] }, 'bundles.0 must be a path'],
    [{ programs: [{}] }, 'programs.0.command is missing'],
    [{ programs: [{ command: '' }] }, 'programs.0.command must be a path or the name of a program'],
    [{ programs: [{ ...program, id: '' }] }, 'programs.0.id must be a text of 1 to 190 characters'],
    [{ programs: [program, { ...program, arg: [] }] }, 'programs.1.arg is not known: did you mean args?'],
    [{ programs: [{ ...program, cwd: 5 }] }, 'programs.0.cwd must be a path'],
    [{ programs: [{ ...program, env: { A: 1 } }] }, 'programs.0.env.A must be a string'],
    [{ programs: [{ ...program, requires: 'a' }] }, 'programs.0.requires must be a list'],
    [
      { programs: [{ ...program, supervision: { restart: { backoff: { capMS: 1 } } } }] },
      'programs.0.supervision.restart.backoff.capMS is not known: did you mean capMs?',
    ],
    [{ programs: [{ ...program, limits: { memoryBytes: 1 } }] }, 'programs.0.limits.memoryBytes must be'],
    [{ programs: [{ ...program, checksums: {} }] }, 'programs.0.checksums must name at least one file'],
    [{ programs: [{ ...program, checksums: { a: 'b' } }] }, 'programs.0.checksums.a must be sha256:'],
    [{ bundles: [], handshake: { cookie: 'a' } }, 'handshake.cookie is not known: did you mean cookieKey?'],
    [{ bundles: [], handshake: { cookieKey: 'A=B' } }, 'handshake.cookieKey is no name'],
    [{ bundles: [], handshake: { protocolVersions: 1 } }, 'handshake.protocolVersions must be a list'],
    [{ bundles: [], versions: { 1: { kv: {} } } }, 'versions.1.kv must be a client constructor'],
    [
      { bundles: [], versions: { one: {} } },
      'versions must have at least one whole number from 0 as its key',
    ],
    [
      { bundles: [], policy: { helth: {}, retry: {} } },
      'policy.helth is not known: did you mean health?',
      'policy.retry is not known',
    ],
    [
      { bundles: [], policy: { retry: {} } },
      'policy.retry is not known: the known ones are preset, restart, health, deadlines',
    ],
    [{ bundles: [], groups: { a: { member: [] } } }, 'groups.a.member is not known: did you mean members?'],
    [{ bundles: [], groups: [] }, 'groups must be an object'],
    [{ bundles: [], startConcurrency: '2' }, 'startConcurrency must be at least 1'],
    [{ bundles: [], env: { 'A=B': 'c' } }, 'env.A=B is no name of an environment variable'],
    [{ bundles: [], env: { A: undefined } }, 'env.A'],
    [{ bundles: [], inheritEnv: '*' }, "inheritEnv must be 'minimal', 'all' or a list of names"],
    [{ bundles: [], inheritEnv: ['--mtls='] }, 'inheritEnv must be'],
    [{ bundles: [], mtls: 'on' }, 'mtls must be one of auto, required, off'],
    [{ bundles: [], mtls: { mod: 'off' } }, 'mtls.mod is not known: did you mean mode?'],
    [{ bundles: [], mtls: { curve: 'P-224' } }, 'mtls.curve must be one of P-256, P-384, P-521'],
    [{ bundles: [], multiplex: true }, 'multiplex must be one of auto, required, off'],
    [{ bundles: [], stdin: 'pipe' }, 'stdin must be ignore or inherit'],
    [{ bundles: [], unixSocket: { owner: 1 } }, 'unixSocket.owner is not known'],
    [{ bundles: [], unixSocket: { mode: 0o077 } }, 'unixSocket.mode must be permissions'],
    [{ bundles: [], tcp: { minPort: 0 } }, 'tcp.minPort must be a port from 1 to 65535'],
    [{ bundles: [], tcp: { minPort: 25_001 } }, 'tcp.minPort (25001) must not be above tcp.maxPort (25000)'],
    [{ bundles: [], tls: { serverName: 'a' } }, 'tls.rootCertificates is missing'],
    [{ bundles: [], lockFile: true }, 'lockFile: true needs a pluginDir'],
    [{ bundles: [], lockFile: '' }, 'lockFile must be true, false or a path'],
    [{ bundles: [], hostVersion: 'new' }, 'hostVersion must be a version such as 9.5.0'],
    [{ bundles: [], logger: 5 }, 'logger must be an object with the methods trace, debug, info, warn, error'],
    [{ bundles: [], logger: { info: () => undefined } }, 'logger must be an object with the methods'],
    [
      { bundles: [], sinks: { stdin: 'x' } },
      'sinks.stdin is not known: the known ones are stdout, stderr, rawStderr',
    ],
    [{ bundles: [], sinks: { stdout: 'a file' } }, 'sinks.stdout must be a stream'],
    [{ bundles: [], limits: { memory: 1 } }, 'limits.memory is not known: did you mean memoryBytes?'],
    [{ bundles: [], orphans: 'kill' }, 'orphans must be one of end, keep'],
    [{ bundles: [], reapOrphans: 1 }, 'reapOrphans must be true or false'],
    [{ bundles: [], stateDir: '' }, 'stateDir must be the path of a directory'],
    [{ bundles: [], inspect: {} }, 'inspect must be a function or an observer'],
  ])('%j are refused: %s', (options, ...problems) => {
    expect(optionProblems(options)).toEqual(
      problems.map((problem) => expect.stringContaining(problem) as string),
    );
  });

  it.each<EnvironmentOptions>([
    { programs: [{ ...program, id: 'a', args: [], env: {}, group: 'root', significant: false }] },
    { bundles: [], env: process.env as Record<string, string> },
    { bundles: [], logger: console, sinks: { stdout: process.stdout, stderr: () => undefined } },
    { bundles: [], inheritEnv: ['PATH', 'LC_*'], startConcurrency: Infinity },
    {
      bundles: [],
      policy: undefined,
      mtls: undefined,
      groups: undefined,
      inspect: { next: () => undefined },
    },
    { pluginDir: 'a', lockFile: true, mtls: { mode: 'off' }, tls: { rootCertificates: '', serverName: 'a' } },
  ])('may be these: case %#', (options) => {
    expect(optionProblems(options)).toEqual([]);
  });

  it('are needed: without an argument the call is rejected with the reason', async () => {
    const create = createEnvironment as (options?: EnvironmentOptions) => Promise<unknown>;
    await expect(create()).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: "The environment's options are not usable: it is missing.",
    });
  });
});

describe('the options of createSimulatedEnvironment', () => {
  it.each<[unknown, string]>([
    [undefined, 'it is missing'],
    [{}, 'plugins is missing'],
    [{ plugins: {}, pluginDir: 'a' }, 'pluginDir is not known: the known ones are plugins, policy'],
    [{ plugins: { a: 5 } }, 'plugins.a must be an object'],
    [{ plugins: { a: { behavior: {} } } }, 'plugins.a.behavior is not known: did you mean behaviour?'],
    [{ plugins: { a: { startms: 5 } } }, 'plugins.a.startms is not known: did you mean startMs?'],
    [{ plugins: { a: { services: [], startMs: 5 } } }, 'plugins.a.startMs is not known'],
    [{ plugins: { a: { startMs: -1 } } }, 'plugins.a.startMs must be a number of milliseconds from 0'],
    [{ plugins: { a: { behaviour: { stopMS: 1 } } } }, 'plugins.a.behaviour.stopMS is not known'],
    [{ plugins: {}, seed: 0.5 }, 'seed must be a whole number'],
    [{ plugins: {}, policy: { preset: 'nomad' } }, 'policy.preset must be one of'],
  ])('%j are refused: %s', async (options, problem) => {
    await expect(createSimulatedEnvironment(options as SimulatedEnvironmentOptions)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      facts: { problems: [expect.stringContaining(problem) as string] },
    });
  });
});
