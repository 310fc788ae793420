import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Collector } from '../support/collector.js';
import { unary } from './calls.js';
import { helperCommand, hostOfHelper, temporaryFolder } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';
import { Test } from './services.js';

/** Lets the shell write a copy of the plugin's stderr into a file, on its way to the host. */
function copied(file: string, command: readonly string[]): readonly [string, ...string[]] {
  const script = 'file=$1; shift; exec 3>&1; "$@" 2>&1 >&3 3>&- | tee "$file" >&2 3>&-';
  return ['sh', '-c', script, 'sh', file, ...command];
}

describe(programs.helper.name, () => {
  testRow(9, async () => {
    const sinks = { stdout: new Collector(), stderr: new Collector() };
    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), { sinks, mtls: 'off' });
    await env.activate(id);
    const stdout = Buffer.from('hello\nworld!');
    const stderr = Buffer.from('and some error\n messages!');
    await unary(env.plugin(id).client(Test), 'PrintStdio', { stdout, stderr });
    await Promise.all([sinks.stdout.has(stdout.length), sinks.stderr.has(stderr.length)]);
    expect(env.reattachConfig(id)?.pid).toBe(env.status(id).pid);
    await env.deactivate(id);
    expect(sinks.stdout.bytes()).toEqual(stdout);
    expect(sinks.stderr.bytes()).toEqual(stderr);
  });

  testRow(37, async () => {
    const rawStderr = new Collector();
    const copy = join(temporaryFolder(), 'stderr');
    const { env, id } = await hostOfHelper(copied(copy, helperCommand('test-interface-logger-grpc')), {
      sinks: { rawStderr },
    });
    await env.activate(id);
    const client = env.plugin(id).client(Test);
    const long = 'x'.repeat(200_000);
    for (const text of ['short', long, 'short again']) await unary(client, 'PrintKV', { key: 'foo', text });
    await env.deactivate(id);
    const written = readFileSync(copy);
    expect(written.includes(long)).toBe(true);
    expect(rawStderr.bytes().equals(written)).toBe(true);
  });
});
