import { createLineSplitter } from '../../src/effects/logs/line-splitter.js';
import { classifyLine } from '../../src/go-plugin/index.js';
import { until } from '../support/environment.js';
import { unary } from './calls.js';
import { withGrpcField, helperCommand, hostOfHelper, withoutStdout } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';
import { Test } from './services.js';

describe(programs.helper.name, () => {
  testRow(18, async () => {
    const { env, id, logEntries, failedStart } = await hostOfHelper(withoutStdout(helperCommand('stderr')));
    await expect(failedStart()).resolves.toMatchObject({ code: 'EXITED_BEFORE_HANDSHAKE' });
    expect(logEntries.map(({ message }) => message)).toEqual(['HELLO', 'WORLD']);
    expect(env.status(id).lastExit).toMatchObject({ code: 0, signal: null, stopStep: null });
  });

  testRow(19, async () => {
    const { logEntries, failedStart } = await hostOfHelper(withoutStdout(helperCommand('stderr-json')));
    await failedStart();
    expect(logEntries.map(({ message, level }) => [message, level])).toEqual([
      ['["HELLO"]', 'debug'],
      ['12345', 'debug'],
      ['{"a":1}', 'debug'],
    ]);
  });

  testRow(20, async () => {
    const { logEntries, failedStart } = await hostOfHelper(withoutStdout(helperCommand('level-warn-text')));
    await failedStart();
    expect(logEntries).toMatchObject([{ level: 'warn', message: '[WARN] test line 98765' }]);
  });

  testRow(22, async () => {
    const withVariable = (mode: string, inheritEnv: 'all' | 'minimal') =>
      hostOfHelper(withoutStdout(helperCommand(mode)), { inheritEnv });
    process.env['PLUGIN_TEST_SKIP_HOST_ENV'] = 'anything';
    try {
      const hosts = await Promise.all([
        withVariable('test-skip-host-env-true', 'minimal'),
        withVariable('test-skip-host-env-false', 'all'),
      ]);
      for (const { env, id, failedStart } of hosts) {
        await failedStart();
        expect(env.status(id).lastExit?.code).toBe(0);
      }
    } finally {
      delete process.env['PLUGIN_TEST_SKIP_HOST_ENV'];
    }
  });

  testRow(35, async () => {
    const { env, id, waitForLog, errors } = await hostOfHelper(helperCommand('test-interface-logger-grpc'));
    await env.activate(id);
    const client = env.plugin(id).client(Test);
    await unary(client, 'PrintKV', { key: 'foo', text: 'bar' });
    await unary(client, 'PrintKV', { key: 'foo', number: 12 });
    const logged = { level: 'info', message: 'PrintKV called', source: 'stderr' };
    await expect(waitForLog(({ fields }) => fields['foo'] === 'bar')).resolves.toMatchObject(logged);
    await expect(waitForLog(({ fields }) => fields['foo'] === 12)).resolves.toMatchObject(logged);
    await env.deactivate(id);
    expect(env.status(id).lastExit).toMatchObject({ code: 0, stopStep: 'requestingShutdown' });
    expect(errors).toEqual([]);
  });

  testRow(36, async () => {
    const { env, id, logEntries } = await hostOfHelper(helperCommand('test-interface-logger-grpc'));
    await env.activate(id);
    const client = env.plugin(id).client(Test);
    await expect(unary(client, 'Panic', { message: 'invalid foo bar' })).rejects.toMatchObject({ code: 14 });
    await until(env, id, 'crashed');
    const alarms = logEntries.filter(({ level }) => level === 'error').map(({ message }) => message);
    expect(alarms[0]).toBe('panic: invalid foo bar');
    expect(alarms.length).toBeGreaterThan(10);
    expect(env.status(id).lastExit).toMatchObject({ kind: 'exit', code: 2 });
  });

  testRow(38, () => {
    const short = '{"@level":"info","@message":"this is a message"}';
    const long = `{"@level":"info","@message":"this is a message that is longer than the buffer"}`;
    const lines = createLineSplitter(64);
    const whole = [...lines.push(Buffer.from(`${short}\n${long}`)), lines.rest()];
    expect(whole.map((line) => classifyLine(line, 'plain').entry)).toEqual([
      { level: 'info', message: 'this is a message', fields: {} },
      { level: 'debug', message: long.slice(0, 64), fields: {} },
      { level: 'debug', message: long.slice(64), fields: {} },
    ]);
  });

  it('prints through GRPCStdio, which arrives as lines', async () => {
    const { env, id, waitForLog } = await hostOfHelper(helperCommand('test-grpc'));
    await env.activate(id);
    const output = {
      stdout: Buffer.from('hello\nworld!\n'),
      stderr: Buffer.from('[WARN] and some error\n'),
    };
    await unary(env.plugin(id).client(Test), 'PrintStdio', output);
    await waitForLog(({ source, message }) => source === 'stdio-stdout' && message === 'hello');
    await waitForLog(({ source, message }) => source === 'stdio-stdout' && message === 'world!');
    await waitForLog(({ source, level }) => source === 'stdio-stderr' && level === 'warn');
    expect(env.status(id).stdio).toBe(true);
  });

  it('is reported as exited when it prints its line and exits at once', async () => {
    const { failedStart } = await hostOfHelper(withGrpcField(helperCommand('stderr')));
    await expect(failedStart()).resolves.toMatchObject({
      code: 'EXITED_BEFORE_HANDSHAKE',
      phase: 'dial',
    });
  });
});
