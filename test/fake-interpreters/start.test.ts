import { createConnection } from 'node:net';
import { once } from 'node:events';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { createLauncher, handshakeOf } from './launcher.js';
import type { Ending, LaunchedFake } from './launcher.js';

interface Expected {
  readonly name: FakeInterpreterName;
  readonly stdout: RegExp;
  readonly stderr?: RegExp;
}

const socket = String.raw`/[^|]*/plugin\d+`;
const garbage = /^\0\x01[^|]*\n$/;

const exiting: readonly (Expected & { code: number })[] = [
  { name: 'exits-0-before-the-line', stdout: /^$/, code: 0 },
  { name: 'exits-3-before-the-line', stdout: /^$/, stderr: /No such file/, code: 3 },
  { name: 'exits-after-the-line', stdout: new RegExp(`^1\\|1\\|unix\\|${socket}\\|grpc\\|\n$`), code: 1 },
  { name: 'prints-garbage-and-exits', stdout: garbage, code: 1 },
  {
    name: 'missing-python-module',
    stdout: /^$/,
    stderr: /^ModuleNotFoundError: No module named 'yaml'$/m,
    code: 1,
  },
  { name: 'wrong-cookie', stdout: /^$/, stderr: /^This binary is a plugin\./, code: 1 },
];

const staying: readonly Expected[] = [
  { name: 'never-prints-a-line', stdout: /^$/ },
  { name: 'prints-netrpc', stdout: new RegExp(`^1\\|1\\|unix\\|${socket}\\|netrpc\\|\n$`) },
  { name: 'prints-too-few-fields', stdout: /^1\|1\|unix\n$/ },
  { name: 'wrong-core-version', stdout: new RegExp(`^2\\|1\\|unix\\|${socket}\\|grpc\\|\n$`) },
  { name: 'wrong-application-version', stdout: new RegExp(`^1\\|99\\|unix\\|${socket}\\|grpc\\|\n$`) },
  { name: 'prints-garbage', stdout: garbage },
  { name: 'line-over-64-kib', stdout: /^1\|1\|unix\|\/tmp\/x{65536}\|grpc\|\n$/ },
  { name: 'line-without-newline-then-hangs', stdout: new RegExp(`^1\\|1\\|unix\\|${socket}\\|grpc\\|$`) },
  { name: 'never-accepts', stdout: new RegExp(`^1\\|1\\|unix\\|${socket}\\|grpc\\|\n$`) },
];

const fakes = createLauncher();
afterAll(fakes.endAll);

const printedOutput = (fake: LaunchedFake, { stdout }: Expected) =>
  fake.stdout.until((output) => stdout.test(output.text()));

describe('a fake that never becomes a plugin', () => {
  const endings = new Map<string, Ending>();
  const launched = new Map<string, LaunchedFake>();

  /** Fakes that stay alive run longer than those that exit on a stop request. */
  beforeAll(async () => {
    for (const { name } of [...staying, ...exiting]) launched.set(name, fakes.launch(name));
    const fake = (name: string) => launched.get(name) as LaunchedFake;
    await Promise.all(exiting.map(async ({ name }) => endings.set(name, await fake(name).ended)));
    await Promise.all(staying.map((expected) => printedOutput(fake(expected.name), expected)));
    for (const { name } of staying) fake(name).child.kill('SIGTERM');
    await Promise.all(staying.map(async ({ name }) => endings.set(name, await fake(name).ended)));
  });

  it.each(exiting)('$name exits with $code by itself', ({ name, stdout, stderr = /^$/, code }) => {
    expect(endings.get(name)).toEqual({ code, signal: null });
    expect(launched.get(name)?.stdout.text()).toMatch(stdout);
    expect(launched.get(name)?.stderr.text()).toMatch(stderr);
  });

  it.each(staying)('$name stays until it is ended', ({ name, stdout }) => {
    expect(endings.get(name)).toEqual({ code: null, signal: 'SIGTERM' });
    expect(launched.get(name)?.stdout.text()).toMatch(stdout);
    expect(launched.get(name)?.stderr.text()).toBe('');
  });

  it('prints-garbage prints what is no UTF-8', () => {
    const printed = launched.get('prints-garbage')?.stdout.bytes() ?? Buffer.alloc(0);
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(printed)).toThrow();
  });
});

describe('a fake that prints an address in vain', () => {
  it('never-accepts has nothing at its address', async () => {
    const { address } = await handshakeOf(fakes.launch('never-accepts'));
    const [error] = (await once(createConnection(address), 'connect').catch((e: unknown) => [
      e,
    ])) as unknown[];
    expect(error).toMatchObject({ code: 'ENOENT' });
  });

  it('accepts-but-never-answers takes a connection and is silent until its end', async () => {
    const fake = fakes.launch('accepts-but-never-answers');
    const connection = createConnection((await handshakeOf(fake)).address);
    const heard: Buffer[] = [];
    connection.on('data', (chunk: Buffer) => heard.push(chunk));
    const closed = new Promise((resolve) => connection.on('error', () => undefined).on('close', resolve));
    await once(connection, 'connect');
    connection.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    fake.child.kill('SIGTERM');
    await closed;
    expect(heard).toEqual([]);
    expect(await fake.ended).toEqual({ code: 0, signal: null });
  });
});

describe('a fake that takes its time', () => {
  it('slow-line lets its host wait 300 ms for its line', async () => {
    const launchedAt = performance.now();
    await handshakeOf(fakes.launch('slow-line'));
    expect(performance.now() - launchedAt).toBeGreaterThanOrEqual(300);
  });
});
