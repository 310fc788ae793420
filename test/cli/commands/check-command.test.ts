import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../../fake-interpreters/bundle.js';
import { fakeInterpreterPath, type FakeInterpreterName } from '../../../fake-interpreters/index.js';
import { afterTest } from '../../support/environment.js';
import { espalier } from '../../support/cli.js';
import { untilTrue } from '../../support/until-true.js';

interface Report {
  ok: boolean;
  plugin: string;
  steps: { name: string; ok: boolean; ms: number; detail?: string }[];
  error?: { code: string; message: string; hint?: string };
}

/** Those that only SIGKILL ends get it soon. */
const supervision = { deadlines: { shutdownMs: 1000, termMs: 500 } };
const killed: readonly FakeInterpreterName[] = ['ignores-sigterm-and-shutdown', 'hurt-by-watch'];

function bundle(name: FakeInterpreterName): string {
  const made = makeFakeBundle(name, { manifest: killed.includes(name) ? { supervision } : {} });
  afterTest(() => {
    made.remove();
  });
  return made.directory;
}

const inherit = ['--inherit-env', 'PATH,ESPALIER_TEST_TOKEN'];

async function check(...args: string[]) {
  const run = espalier(['check', '--json', ...inherit, ...args]);
  const { code } = await run.ended;
  expect(run.survivors()).toEqual([]);
  return { code, report: JSON.parse(run.stdout()) as Report };
}

describe('espalier check', () => {
  it('reports multiplexing, and fails when it is required but not supported', async () => {
    const multiplexed = await check('--multiplex', 'required', bundle('multiplexes'));
    expect(multiplexed).toMatchObject({ code: 0, report: { ok: true } });
    const dial = multiplexed.report.steps.find(({ name }) => name === 'dial');
    expect(dial?.detail).toMatch(/^unix:.*, multiplexed$/);
    const rejected = await check('--multiplex', 'required', bundle('declines-multiplexing'));
    expect(rejected).toMatchObject({ code: 1, report: { ok: false, error: { code: 'MUX_UNSUPPORTED' } } });
    const allowed = await check('--multiplex', 'auto', bundle('declines-multiplexing'));
    expect(allowed).toMatchObject({ code: 0, report: { ok: true } });
  });

  it('ignores the requirements and the group of the plugin', async () => {
    const manifest = { requires: ['com.example.elsewhere'], group: 'shop' };
    const made = makeFakeBundle('healthy', { manifest });
    afterTest(() => {
      made.remove();
    });
    expect(await check(made.directory)).toMatchObject({ code: 0, report: { ok: true } });
  });

  it('passes every step for a healthy plugin', async () => {
    const { code, report } = await check(bundle('healthy'));
    expect(code).toBe(0);
    expect(report).toMatchObject({ ok: true, plugin: 'healthy' });
    expect(report.steps.map(({ name, ok }) => [name, ok])).toEqual(
      [
        'manifest',
        'interpreter',
        'spawn',
        'handshake',
        'tls',
        'dial',
        'health',
        'hooks',
        'stdio',
        'watch',
        'shutdown',
      ].map((name) => [name, true]),
    );
    expect(report.steps.every(({ ms }) => Number.isFinite(ms) && ms >= 0)).toBe(true);
    expect(report).not.toHaveProperty('error');
  });

  it('names a script by itself, not by its interpreter, and tells a missing one at its step', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'check-'));
    afterTest(() => {
      rmSync(directory, { recursive: true });
    });
    const script = join(directory, 'Greeter.mjs');
    writeFileSync(script, 'process.exit(3);\n');
    expect(await check('--', process.execPath, script)).toMatchObject({ report: { plugin: 'greeter.mjs' } });
    const { report } = await check('--', join(directory, 'python'), 'x.py');
    expect(report.plugin).toBe('x.py');
    expect(report.steps).toMatchObject([{ name: 'interpreter', ok: false }]);
    expect(report.error?.hint).toContain('does not exist');
  });

  it('tells how long it waited before it killed a plugin, and which hooks it knows', async () => {
    const { report } = await check(bundle('ignores-sigterm-and-shutdown'));
    expect(report.error?.message).toMatch(/within 1000 ms of GRPCController.Shutdown and 500 ms of SIGTERM/);
    const hooks = report.steps.find(({ name }) => name === 'hooks');
    expect(hooks?.detail).toContain('none of espalier.v1.PluginHooks');
    const { report: other } = await check(bundle('has-hooks'));
    expect(other.steps.find(({ name }) => name === 'hooks')?.detail).toContain('OnActivate');
  });

  it.each<[FakeInterpreterName, string]>([
    ['healthy', 'may be turned on'],
    ['no-health-service', 'not offered'],
    ['hurt-by-watch', 'leave health.watch off'],
  ])('tells whether a Watch hurts: %s', async (name, words) => {
    const { report } = await check(bundle(name));
    expect(report.ok).toBe(true);
    expect(report.steps.find((step) => step.name === 'watch')?.detail).toContain(words);
  });

  it.each<[FakeInterpreterName, string]>([
    ['health-of-the-server-only', 'overall health'],
    ['no-health-service', 'only that it answers'],
  ])('tells what the health of %s is about', async (name, words) => {
    const { report } = await check(bundle(name));
    expect(report.steps.find((step) => step.name === 'health')?.detail).toContain(words);
  });

  it('checks a program after --', async () => {
    const { code, report } = await check('--', fakeInterpreterPath('healthy-on-tcp'), 'an', 'argument');
    expect(code).toBe(0);
    expect(report.plugin).toBe('healthy-on-tcp');
    expect(report.steps.find(({ name }) => name === 'dial')?.detail).toMatch(/^tcp:127\.0\.0\.1:\d+$/);
  });

  it.each<[FakeInterpreterName, string, string]>([
    ['never-prints-a-line', 'handshake', 'START_TIMEOUT'],
    ['prints-netrpc', 'handshake', 'PROTOCOL_UNSUPPORTED'],
    ['never-accepts', 'dial', 'CONNECT_FAILED'],
    ['health-not-serving', 'health', 'NOT_SERVING'],
    ['fails-on-activate', 'hooks', 'HOOK_FAILED'],
    ['ignores-sigterm-and-shutdown', 'shutdown', 'PLUGIN_CRASHED'],
  ])('reports that %s fails at %s with %s', async (name, step, code) => {
    const { code: exit, report } = await check('--timeout', '900', bundle(name));
    expect(exit).toBe(1);
    expect(report).toMatchObject({ ok: false, error: { code } });
    expect(report.error?.hint).toMatch(/\w/);
    const last = report.steps.at(-1);
    expect(last).toMatchObject({ name: step, ok: false });
    expect(report.steps.slice(0, -1).every(({ ok }) => ok)).toBe(true);
  });

  it('prints the failed step, the last lines of stderr and the hint', async () => {
    const run = espalier(['check', bundle('missing-python-module')]);
    expect((await run.ended).code).toBe(1);
    expect(run.stdout()).toMatch(/^ok +spawn/m);
    expect(run.stdout()).toMatch(/^FAIL handshake/m);
    const message = /^EXITED_BEFORE_HANDSHAKE: (.*)$/m.exec(run.stdout())?.[1] ?? '';
    expect(run.stdout().split(message)).toHaveLength(2);
    expect(run.stdout()).toContain('ModuleNotFoundError');
    expect(run.stdout()).toMatch(/^hint: .*yaml/m);
  });

  it.each([
    [[], 'mtls'],
    [['--mtls', 'required'], 'mtls'],
    [['--mtls', 'off'], 'plaintext'],
  ])('reports with %j that the transport is %s', async (flags, transport) => {
    const { code, report } = await check(...flags, bundle('healthy-with-mtls'));
    expect(code).toBe(0);
    const tls = report.steps.find(({ name }) => name === 'tls');
    expect(tls).toMatchObject({ ok: true, detail: expect.stringMatching(`^${transport}`) as unknown });
    if (transport === 'mtls') expect(tls?.detail).toContain('refuses a connection without');
  });

  it.each<[string, FakeInterpreterName, string, string]>([
    ['auto', 'certificate-mismatch', 'tls', 'CERTIFICATE_INVALID'],
    ['auto', 'distrusts-the-host', 'tls', 'CONNECT_FAILED'],
    ['required', 'healthy', 'handshake', 'MTLS_UNSUPPORTED'],
    ['required', 'trusts-every-host', 'tls', 'MTLS_UNSUPPORTED'],
  ])('reports under --mtls %s that %s fails at %s with %s', async (mode, name, step, code) => {
    const { code: exit, report } = await check('--mtls', mode, bundle(name));
    expect(exit).toBe(1);
    expect(report.error).toMatchObject({ code });
    expect(report.steps.at(-1)).toMatchObject({ name: step, ok: false });
  });

  it('tells that a plugin does not verify its host', async () => {
    const { code, report } = await check(bundle('trusts-every-host'));
    expect(code).toBe(0);
    const tls = report.steps.find(({ name }) => name === 'tls');
    expect(tls?.detail).toBe('tls: it accepts a connection without the certificate of the host');
  });

  it('reports the position of a problem in a manifest', async () => {
    const made = makeFakeBundle('healthy', { manifest: { id: 'x' } });
    afterTest(() => {
      made.remove();
    });
    const { code, report } = await check(made.directory);
    expect(code).toBe(1);
    expect(report).toMatchObject({
      ok: false,
      error: { code: 'MANIFEST_INVALID' },
      steps: [{ name: 'manifest', ok: false }],
    });
    expect(report.error?.message).toMatch(/plugin\.json:\d+:\d+/);
  });

  it.each([
    [[]],
    [['--timeout', 'soon', '.']],
    [['--cookie', 'no-equals-sign', '.']],
    [['--protocol-versions', 'one', '.']],
    [['--policy', 'nomad', '.']],
    [['--no-such-flag', '.']],
    [['--config', '/nowhere.json', '.']],
    [['--mtls', 'sometimes', '.']],
  ])('exits with 2 for wrong usage: %j', async (args) => {
    const run = espalier(['check', ...args]);
    expect((await run.ended).code).toBe(2);
    expect(run.stderr()).toMatch(/error|CONFIG_INVALID/);
  });

  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'leaves no process behind when %s aborts it',
    async (signal) => {
      const run = espalier(['check', '--log-level', 'info', ...inherit, bundle('never-prints-a-line')]);
      await untilTrue(() => run.survivors().length > 0);
      run.child.kill(signal);
      expect((await run.ended).code).toBe(1);
      expect(run.survivors()).toEqual([]);
    },
  );
});
