import { status } from '@grpc/grpc-js';
import { createEnvironment, type EnvironmentEvent, type Logger } from '../../../src/index.js';
import { brokerTestService } from '../../../fake-interpreters/lib/broker.js';
import { makeFakeBundle } from '../../../fake-interpreters/bundle.js';
import { callUnary } from '../../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../../fake-interpreters/lib/fake-service.js';
import { afterTest, environmentWith } from '../../support/environment.js';
import { fakeClientOf } from '../../support/fake-client.js';
import { startHostProcess } from '../../support/host-process.js';
import { untilTrue } from '../../support/until-true.js';

/**
 * A host whose plugin prints a line every 20 ms. It prints what was reported, and that its plugin is the same after
 * twenty more lines.
 */
const host = (options: string, subscribe: string) => `
  const boom = () => { throw new Error('boom\\u001b[31m\\nsecond line'); };
  const reject = async () => boom();
  const counted = (run) => { let calls = 0; return Object.assign((...all) => { counted.calls = ++calls; return run(...all); }, {}); };
  counted.calls = 0;
  const { Writable } = await import('node:stream');
  const { map } = await import('rxjs');
  const env = await createEnvironment({ bundles: [argument.directory], ${options} });
  const reports = [];
  let lines = 0;
  env.events.subscribe((event) => {
    if (event.type === 'environment.callbackFailed') reports.push([event.callback, event.problem]);
    if (event.type === 'plugin.log') lines += 1;
  });
  ${subscribe}
  await env.activate(argument.id);
  const { pid } = env.status(argument.id);
  const enough = lines + 20;
  while (lines < enough) await new Promise((resolve) => setTimeout(resolve, 20));
  await env.performHealthCheck(argument.id);
  const { state, generation } = env.status(argument.id);
  await env.shutdown();
  process.stdout.write('result ' + JSON.stringify({ reports, state, generation, calls: counted.calls }) + '\\n');
  process.exitCode = 0;
`;

const problem = String.raw`boom\u001b[31m\nsecond line`;

interface Result {
  readonly reports: readonly (readonly [string, string])[];
  readonly state: string;
  readonly generation: number;
  readonly calls: number;
}

const inLogger = (run: string) =>
  `logger: { trace: counted(${run}), debug: counted(${run}), info: counted(${run}), warn: counted(${run}), error: counted(${run}) }`;

describe('a host goes on, with its plugin untouched and one report,', () => {
  const rows: [title: string, callback: string, options: string, subscribe: string][] = [
    ['when its logger throws', 'logger', inLogger('boom'), ''],
    ['when its logger rejects', 'logger', inLogger('reject'), ''],
    [
      'when its logger loses a method',
      'logger',
      'logger: (() => { const logger = { trace() {}, debug() {}, info: counted(boom), warn() {}, error() {} }; setImmediate(() => delete logger.debug); return logger; })()',
      '',
    ],
    ['when a subscriber throws', 'events', '', 'env.events.subscribe(counted(boom));'],
    ['when a subscriber rejects', 'events', '', 'env.events.subscribe(counted(reject));'],
    [
      'when an observer throws',
      'events',
      '',
      'env.events.subscribe({ next: counted(boom), complete: boom });',
    ],
    [
      'when an observer is a class',
      'events',
      '',
      'env.events.subscribe(new (class { text = "boom\\u001b[31m\\nsecond line"; next() { counted.calls = 2; throw new Error(this.text); } })());',
    ],
    [
      'when an operator throws',
      'events',
      '',
      'counted.calls = 2; env.events.pipe(map(boom)).subscribe(() => undefined);',
    ],
    [
      'when a subscriber behind operators throws',
      'events',
      '',
      'env.events.pipe(map((event) => event), map((event) => event)).subscribe(counted(boom));',
    ],
    ['when its inspector throws', 'inspect', 'inspect: counted(boom)', ''],
    ['when its inspector is an observer that throws', 'inspect', 'inspect: { next: counted(boom) }', ''],
    ['when its inspector rejects', 'inspect', 'inspect: counted(reject)', ''],
    ['when a later inspector throws', 'inspect', '', 'env.actor.system.inspect(counted(boom));'],
    ['when a subscriber of the root actor throws', 'actor', '', 'env.actor.subscribe(counted(boom));'],
    [
      "when a subscriber of a plugin's actor throws",
      'actor',
      '',
      'env.actor.system.get(argument.id).subscribe({ next: counted(boom) });',
    ],
    [
      'when a listener of the root actor throws',
      'actor',
      '',
      'counted.calls = 2; env.actor.on("*", boom); env.actor._emit?.({ type: "x" }); await env.activate(argument.id); await env.removePlugin(argument.id); await env.rescan();',
    ],
    [
      'when a sink function throws',
      'sinks.rawStderr',
      'sinks: { rawStderr: (...all) => { counted.calls = 2; return boom(...all); } }',
      '',
    ],
    [
      'when a sink function rejects',
      'sinks.rawStderr',
      'sinks: { rawStderr: (...all) => { counted.calls = 2; return reject(...all); } }',
      '',
    ],
  ];

  it.each(rows)('%s', async (_, callback, options, subscribe) => {
    const { id, directory, remove } = makeFakeBundle('talks-without-its-host');
    afterTest(remove);
    const run = startHostProcess(host(options, subscribe), { id, directory });
    let stderr = '';
    run.child.stderr?.on('data', (bytes: Buffer) => (stderr += bytes.toString()));
    const [, text = ''] = await run.printed(/^result (.*)$/m);
    expect(await run.ended).toBe(0);
    const { reports, calls, state } = JSON.parse(text) as Result;
    expect(state).toBe('healthy');
    expect(calls).toBeGreaterThan(1);
    expect(reports).toEqual([[callback, expect.any(String)]]);
    if (!options.includes('warn() {}')) expect(reports[0]?.[1]).toBe(problem);
    expect(stderr.match(/^espalier: .* failed, which is reported once: /gm)).toHaveLength(1);
    // The stack has several lines, without the escape sequence.
    expect(stderr).not.toMatch(/\u001b/);
  });
});

describe('what cannot even be read', () => {
  it('is reported when a subscriber throws it', async () => {
    const { env, id } = await environmentWith('healthy');
    const problems: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'environment.callbackFailed') problems.push(event.problem);
    });
    env.events.subscribe(() => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- a program may throw anything
      throw { toString: 1 };
    });
    await env.activate(id);
    expect(problems).toEqual(['it threw something that cannot be read']);
  });
});

describe('a logger with serializers of its own', () => {
  /** What pino does with the serializers of Fastify: each is called with the field of its name. */
  const serializers: Readonly<Record<string, (value: never) => unknown>> = {
    req: ({ method, url, headers }: { method: string; url: string; headers: { host: string } }) => ({
      method,
      url,
      host: headers.host,
    }),
    res: ({ statusCode }: { statusCode: number }) => ({ statusCode }),
    err: ({ stack }: { stack: string }) => ({ stack: stack.trim() }),
  };

  it("never gets a plugin's fields beside its own", async () => {
    const records: Record<string, unknown>[] = [];
    const write = (facts: object, msg: string): void => {
      const entries = Object.entries(facts).map(([key, value]) => {
        const serialize = serializers[key];
        return [key, serialize === undefined ? (value as unknown) : serialize(value as never)] as const;
      });
      records.push({ level: 30, pid: 1, ...Object.fromEntries(entries), msg });
    };
    const logger: Logger = { trace: write, debug: write, info: write, warn: write, error: write };
    const { env, id } = await environmentWith('healthy', { logger });
    const events: EnvironmentEvent[] = [];
    env.events.subscribe((event) => events.push(event));
    await env.activate(id);
    const own = { req: null, res: null, err: null, level: 60, msg: 'forged', pid: 2, plugin: 'another' };
    const text = `${JSON.stringify({ '@level': 'info', '@message': 'hi', ...own })}\n`;
    await callUnary(fakeClientOf(env, id), fakeService.Print, { channel: 'stderr', to: 'pipe', text });
    await untilTrue(() => records.some(({ msg }) => msg === 'hi'));
    expect(records.find(({ msg }) => msg === 'hi')).toMatchObject({
      level: 30,
      pid: 1,
      plugin: id,
      source: 'stderr',
      fields: own,
    });
    expect(events.filter(({ type }) => type === 'environment.callbackFailed')).toEqual([]);
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 1 });
  });

  it('gets one printable line of each message', async () => {
    const messages: string[] = [];
    const write = (_: object, message: string): void => {
      messages.push(message);
    };
    const logger: Logger = { trace: write, debug: write, info: write, warn: write, error: write };
    const { env, id } = await environmentWith('healthy', { logger });
    await env.activate(id);
    const message = 'x\n12:00:00.000 other  healthy\u001b]52;c;aGk=\u0007\u009b2J\u202e\r';
    const text = `${JSON.stringify({ '@level': 'info', '@message': message })}\n`;
    await callUnary(fakeClientOf(env, id), fakeService.Print, { channel: 'stderr', to: 'pipe', text });
    await untilTrue(() => messages.some((each) => each.startsWith('x')));
    expect(messages.find((each) => each.startsWith('x'))).toBe(
      String.raw`x\n12:00:00.000 other  healthy\u001b]52;c;aGk=\u0007\u009b2J\u202e\r`,
    );
  });
});

describe('a service of the host that a plugin calls over the broker', () => {
  it.each([
    [
      'throws',
      () => {
        throw new Error('boom');
      },
    ],
    ['rejects', () => Promise.reject(new Error('boom'))],
  ])('answers with an error when it %s', async (_, handler) => {
    const { env, id } = await environmentWith('has-a-broker');
    const reports: unknown[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'environment.callbackFailed') reports.push([event.callback, event.problem]);
    });
    await env.activate(id);
    const { broker } = env.plugin(id);
    const call = async () => {
      const brokerId = broker.nextId();
      await broker.acceptAndServe(brokerId, (server) => {
        server.addService({ Echo: fakeService.Echo }, { Echo: handler as () => void });
      });
      const request = { id: brokerId, text: 'hello' };
      return callUnary(fakeClientOf(env, id), brokerTestService.EchoFromHost, request);
    };
    await expect(call()).rejects.toMatchObject({ code: status.UNKNOWN });
    await expect(call()).rejects.toMatchObject({ code: status.UNKNOWN });
    expect(reports).toEqual([['broker.serve', 'boom']]);
    expect(env.status(id)).toMatchObject({ state: 'healthy', generation: 1 });
  });
});

describe('an inspector that fails while its environment is created', () => {
  it('is reported to the first subscriber', async () => {
    const bundle = makeFakeBundle('healthy');
    afterTest(bundle.remove);
    const inspect = (): void => {
      throw new Error('not today');
    };
    const env = await createEnvironment({ bundles: [bundle.directory], inspect });
    afterTest(() => env.shutdown());
    const problems: string[] = [];
    env.events.subscribe((event) => {
      if (event.type === 'environment.callbackFailed') problems.push(event.problem);
    });
    await env.activate(bundle.id);
    expect(problems).toEqual(['not today']);
  });
});
