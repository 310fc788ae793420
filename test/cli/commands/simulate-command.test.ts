import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { composePolicy, crashesEvery, policyWarnings, simulate } from '../../../src/policy/index.js';
import { espalier } from '../../support/cli.js';
import { afterTest } from '../../support/environment.js';

async function run(...args: string[]) {
  const command = espalier(['simulate', ...args]);
  const { code } = await command.ended;
  return { code, stdout: command.stdout(), stderr: command.stderr() };
}

function file(name: string, content: unknown): string {
  const directory = mkdtempSync(join(tmpdir(), 'espalier-test-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  const path = join(directory, name);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

describe('espalier simulate', () => {
  it('prints a line for each process, and a summary', async () => {
    const { code, stdout } = await run('--policy', 'mattermost', '--crash-every', '10m');
    expect(code).toBe(0);
    expect(stdout).toBe(
      `
00:00:00.000  generation 1  started  healthy  00:10:00.000 exited with 1  restart at once
00:10:00.000  generation 2  started  healthy  00:20:00.000 exited with 1  restart at once
00:20:00.000  generation 3  started  healthy  00:30:00.000 exited with 1  gave up (FailedToStayRunning)

simulated       1 h
restarts        2
gave up         at 00:30:00.000
outage          30 min (50 %)
longest outage  30 min
`.trimStart(),
    );
  });

  it('omits lines beyond forty, and prints how many', async () => {
    const { stdout } = await run('--crash-every', '80s', '--for', '1h');
    expect(stdout).toContain('… 5 more; --json has all');
    expect(stdout.split('\n').filter((line) => line.includes('generation'))).toHaveLength(40);
  });

  it('warns about a restart intensity that is never reached', async () => {
    const { code, stdout } = await run('--policy', 'systemd', '--never-starts', '--for', '5m');
    expect(code).toBe(0);
    expect(stdout).toContain('failed to start (START_TIMEOUT)  restart after 100 ms');
    expect(stdout).toMatch(/^warning: A plugin that never finishes its start is never given up/m);
  });

  it('prints with --json the result of simulate(), and the warnings', async () => {
    const { stdout } = await run(
      '--json',
      '--crash-every',
      '5s',
      '--for',
      '20m',
      '--start',
      '100',
      '--seed',
      '7',
    );
    const policy = composePolicy();
    const options = { forMs: 1_200_000, startMs: 100, seed: 7 };
    const expected = { ...simulate(policy, crashesEvery(5000), options), warnings: policyWarnings(policy) };
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  it('reads faults from a file, once or repeatedly, and supervision from a manifest', async () => {
    const trace = file('trace.json', [{ afterHealthyMs: 1000 }, { startMs: 5, code: 3 }]);
    const manifest = file(
      'plugin.yaml',
      'id: com.example.hello\nserver: {executable: a.py}\nsupervision: {restart: {intensity: 1}}',
    );
    const once = await run('--json', '--trace', trace);
    expect(JSON.parse(once.stdout)).toMatchObject({ restarts: 2, gaveUpAt: null });
    const again = await run('--json', '--trace', trace, '--repeat', '--manifest', manifest);
    expect(JSON.parse(again.stdout)).toMatchObject({ restarts: 1, gaveUpAt: 1005 });
  });

  it('prints when it was cut short', async () => {
    const manifest = file('plugin.json', {
      id: 'com.example.hello',
      server: { executable: 'a.py' },
      supervision: { preset: 'otp', restart: { intensity: null } },
    });
    expect((await run('--manifest', manifest)).stdout).toContain('cut short: too many processes');
  });

  it.each([
    [['--for', 'soon'], 'It must be a duration'],
    [['--seed', '-1'], 'It must be a whole number'],
    [['--policy', 'nomad'], 'Allowed choices are espalier, mattermost, otp, systemd, kubernetes'],
    [['--never-starts', '--crash-every', '1s'], 'give one of --crash-every, --never-starts and --trace'],
    [['--repeat'], '--repeat goes with --trace'],
    [['--trace', '/nowhere/trace.json'], 'CONFIG_INVALID: The file /nowhere/trace.json cannot be read'],
    [['--trace', 'package.json'], 'CONFIG_INVALID: The fault trace is not usable: package.json:1:1'],
    [['--manifest', '/'], 'hint: Check the path; it must be a readable file'],
    [['extra'], 'too many arguments'],
  ])('exits with 2 for %j, and prints the reason', async (args, reason) => {
    const { code, stdout, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stdout).toBe('');
    expect(stderr).toContain(reason);
  });

  it('exits with 1 for a manifest that is not valid', async () => {
    const { code, stderr } = await run('--manifest', file('plugin.json', { id: 'com.example.hello' }));
    expect(code).toBe(1);
    expect(stderr).toContain('MANIFEST_INVALID');
  });
});
