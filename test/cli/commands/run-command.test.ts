import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFakeBundle } from '../../../fake-interpreters/bundle.js';
import type { FakeInterpreterName } from '../../../fake-interpreters/index.js';
import { afterTest, isAlive } from '../../support/environment.js';
import { espalier } from '../../support/cli.js';
import { untilTrue } from '../../support/until-true.js';
import { openRaw, requestHead } from '../../observe/inspector/inspector-client.js';

function directoryOf(...names: FakeInterpreterName[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'espalier-test-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  for (const name of names) makeFakeBundle(name, { directory });
  return directory;
}

const inherit = ['--inherit-env', 'PATH,ESPALIER_TEST_TOKEN'];

describe('espalier run whose output is not read', () => {
  /** A host module that writes how many characters of log lines there were, and the state of each plugin. */
  const witness = `
    import { writeFileSync, renameSync } from 'node:fs';
    export default (env) => {
      let logged = 0;
      const note = () => {
        const plugins = env.statuses().map(({ id, state, generation, pid }) => ({ id, state, generation, pid }));
        writeFileSync(process.env.WITNESS + '.new', JSON.stringify({ logged, host: process.pid, plugins, rss: process.memoryUsage().rss }));
        renameSync(process.env.WITNESS + '.new', process.env.WITNESS);
      };
      env.events.subscribe((event) => {
        if (event.type === 'plugin.log') logged += event.entry.message.length;
        else note();
      });
      setInterval(note, 100).unref();
    };`;

  interface Seen {
    readonly logged: number;
    readonly host: number;
    readonly rss: number;
    readonly plugins: readonly { id: string; state: string; generation: number; pid: number }[];
  }

  function start(flags: readonly string[], pty: boolean) {
    const directory = directoryOf('floods-stderr', 'healthy');
    const outside = directoryOf();
    const hostModule = join(outside, 'witness.mjs');
    const file = join(outside, 'witness.json');
    writeFileSync(hostModule, witness);
    const args = ['run', '--log-level', 'trace', '--inherit-env', 'PATH,ESPALIER_TEST_TOKEN', ...flags];
    const run = espalier([...args, '--with', hostModule, directory], { pty, env: { WITNESS: file } });
    const seen = (): Seen => JSON.parse(readFileSync(file, 'utf8')) as Seen;
    const healthy = () => seen().plugins.find(({ id }) => id === 'healthy');
    return { run, seen, healthy, file };
  }

  it.each([
    ['a pipe', false, [], /(\d+) lines dropped: the output is not read, or not fast enough/],
    ['a pipe with --json', false, ['--json'], /"type":"output\.dropped","at":\d+,"lines":(\d+)/],
    ['a terminal', true, [], /(\d+) lines dropped: the output is not read, or not fast enough/],
  ])(
    'supervises on, bounded, and ends on SIGTERM: %s',
    async (_, pty, flags, note) => {
      const { run, seen, healthy, file } = start(flags, pty);
      await run.printed(/flood/);
      await untilTrue(() => existsSync(file) && healthy()?.state === 'healthy');
      run.pauseReading();
      const before = seen();
      // Much more than the limit, the pipe, and what is on its way.
      await untilTrue(() => seen().logged > before.logged + 6 * 1024 * 1024);
      expect(seen().rss - before.rss).toBeLessThan(96 * 1024 * 1024);

      const first = healthy();
      process.kill(first?.pid as number, 'SIGKILL');
      await untilTrue(
        () => healthy()?.state === 'healthy' && healthy()?.generation === (first?.generation ?? 0) + 1,
      );

      run.resumeReading();
      const [, lines] = await run.printed(note);
      expect(Number(lines)).toBeGreaterThan(1000);

      run.pauseReading();
      const again = seen();
      await untilTrue(() => seen().logged > again.logged + 3 * 1024 * 1024);
      process.kill(again.host, 'SIGTERM');
      // On a terminal it is a child of `script`, which does not go on before its own output is read.
      await untilTrue(() => (pty ? !run.survivors().includes(again.host) : run.child.exitCode !== null));
      run.resumeReading();
      expect(await run.ended).toEqual({ code: 0, signal: null });
      expect(run.survivors()).toEqual([]);
    },
    40_000,
  );
});

describe('espalier run', () => {
  it.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
    'supervises a directory until %s, and leaves no process behind',
    async (signal) => {
      const run = espalier(['run', ...inherit, directoryOf('healthy', 'has-hooks')]);
      await run.printed(/ healthy {2}healthy/);
      await run.printed(/ has-hooks {2}healthy/);
      expect(run.survivors()).toHaveLength(2);
      run.child.kill(signal);
      expect(await run.ended).toEqual({ code: 0, signal: null });
      expect(run.survivors()).toEqual([]);
      expect(run.stdout()).toContain(`stopping (${signal})`);
    },
  );

  it('restarts a killed plugin, and prints a line for each state', async () => {
    const run = espalier(['run', ...inherit, directoryOf('healthy')]);
    const [, pid] = await run.printed(/healthy {2}healthy {2}pid (\d+)/);
    process.kill(Number(pid), 'SIGKILL');
    await run.printed(
      /crashed {2}PLUGIN_CRASHED The plugin was ended by SIGKILL\.[\s\S]*generation 2[\s\S]*healthy {2}pid/,
    );
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  it('prints one JSON object for each event with --json, also for invalid bundles', async () => {
    const directory = directoryOf('healthy');
    makeFakeBundle('healthy', { directory, id: 'invalid', manifest: { server: {} } });
    const run = espalier(['run', '--json', ...inherit, directory]);
    await run.printed(/"state":"healthy"/);
    run.child.kill('SIGTERM');
    await run.ended;
    const events = run
      .stdout()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string; plugin?: string });
    expect(events.find(({ type }) => type === 'plugin.invalid')).toMatchObject({ plugin: 'invalid' });
    expect(events.at(-1)).toMatchObject({ type: 'environment.state', state: 'stopped' });
  });

  it('exits with its plugins when its output is closed', async () => {
    const run = espalier(['run', '--log-level', 'trace', ...inherit, directoryOf('floods-stderr')]);
    await run.printed(/healthy {2}pid/);
    run.child.stdout?.destroy();
    await run.ended;
    expect(run.survivors()).toEqual([]);
  });

  it('prints the error and the hint of an invalid bundle', async () => {
    const directory = directoryOf('healthy');
    mkdirSync(join(directory, 'stray'));
    const manifest = { id: 'stray', server: { executable: 'plugin.py' } };
    writeFileSync(join(directory, 'stray', 'plugin.json'), JSON.stringify(manifest));
    const run = espalier(['run', ...inherit, directory]);
    const [line] = await run.printed(/^stray {2}invalid.*$/m);
    expect(line).toContain('plugin.py is not in the bundle, or cannot be reached. Check server.executable');
    run.child.kill('SIGINT');
    await run.ended;
  });

  it('exits at once with its plugins at the second signal', async () => {
    const run = espalier(['run', ...inherit, directoryOf('ignores-sigterm-and-shutdown')]);
    const [, pid] = await run.printed(/healthy {2}pid (\d+)/);
    run.child.kill('SIGINT');
    await run.printed(/stopping/);
    // Until it takes effect: the same signal at once is the same keypress.
    await untilTrue(() => !run.child.kill('SIGINT'));
    expect((await run.ended).code).toBe(1);
    await untilTrue(() => !isAlive(Number(pid)));
  });

  it('stops in order at one Ctrl-C under npm, which forwards the signal of the terminal', async () => {
    const directory = directoryOf('healthy');
    const start = (command: string): string => {
      writeFileSync(join(directory, 'package.json'), JSON.stringify({ scripts: { start: command } }));
      return `exec npm --prefix '${directory}' start`;
    };
    const run = espalier(['run', ...inherit, directory], { pty: start, stdio: ['pipe', 'pipe', 'pipe'] });
    await run.printed(/healthy +healthy +1 +\d+/);
    run.child.stdin?.write('\x03');
    expect((await run.ended).code).toBe(0);
    expect(run.stdout()).toMatch(/the environment is stopped/);
    expect(run.survivors()).toEqual([]);
  });

  it('shows a live table on a terminal, and exits when the terminal is closed', async () => {
    const run = espalier(['run', ...inherit, directoryOf('healthy')], { pty: true });
    await run.printed(/PLUGIN +STATE +GEN +PID[\s\S]*healthy +healthy +1 +\d+/);
    // The terminal belongs to `script`; with its end, the kernel sends SIGHUP to what runs in it.
    run.child.kill('SIGKILL');
    await untilTrue(() => run.survivors().length === 0);
  });

  it('passes the environment to the module of --with, and calls its teardown', async () => {
    const directory = directoryOf('healthy');
    const hostModule = join(directory, 'host-module.mjs');
    writeFileSync(
      hostModule,
      'export default (env, { print }) => { print(`hello ${env.available()[0].id}`); return () => print("goodbye"); };',
    );
    const run = espalier(['run', '--with', hostModule, ...inherit, directory]);
    await run.printed(/^hello healthy$/m);
    await run.printed(/healthy {2}pid/);
    run.child.kill('SIGINT');
    await run.ended;
    expect(run.stdout()).toMatch(/^goodbye$/m);
  });

  it('ends with code 0 although a client of the inspector keeps a refused connection', async () => {
    const run = espalier(['run', '--inspect', ...inherit, directoryOf('healthy')]);
    const [, url = ''] = await run.printed(/^inspector: (.*)$/m);
    await run.printed(/healthy {2}pid/);
    const client = await openRaw(url);
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket', 'Origin: http://evil'];
    client.write(requestHead(url, ['GET / HTTP/1.1', ...upgrade, '', '']));
    await once(client, 'readable');
    run.child.kill('SIGTERM');
    expect(await run.ended).toEqual({ code: 0, signal: null });
    client.destroy();
  });

  it.each([
    ['before the directory', (directory: string) => ['--inspect', directory]],
    ['after the directory', (directory: string) => [directory, '--inspect']],
    ['with a port', (directory: string) => ['--inspect', '0', directory]],
  ])('serves the inspector with --inspect %s', async (_, words) => {
    const run = espalier(['run', ...inherit, ...words(directoryOf('healthy'))]);
    const [, url = ''] = await run.printed(/inspector: (http:\/\/127\.0\.0\.1:\d+\S*)/);
    const page = await fetch(url);
    expect(page.status).toBe(200);
    expect(await page.text()).toContain('<html');
    run.child.kill('SIGINT');
    expect((await run.ended).code).toBe(0);
  });

  it.each([
    ['a directory that does not exist', ['/nowhere/at/all'], 'CONFIG_INVALID'],
    ['a directory without bundles', ['proto'], 'There is no bundle'],
    ['no directory', [], 'missing required argument'],
    ['a module of --with without a function', ['--with', 'package.json', 'examples/plugins'], ''],
  ])('exits with an error for %s', async (_, args, message) => {
    const run = espalier(['run', ...args]);
    expect((await run.ended).code).toBeGreaterThan(0);
    expect(run.stderr()).toContain(message);
  });
});
