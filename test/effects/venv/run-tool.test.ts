import { readFileSync } from 'node:fs';
import { runTool, type ToolRun } from '../../../src/effects/venv/run-tool.js';
import { isGone, useTempDirectory } from '../bundle/support.js';
import { untilTrue } from '../../support/until-true.js';

const { path } = useTempDirectory();

function sh(script: string, fields: Partial<ToolRun> = {}) {
  const lines: string[] = [];
  const end = runTool({
    command: '/bin/sh',
    args: ['-c', script],
    cwd: path(),
    env: { PATH: '/usr/bin:/bin' },
    signal: new AbortController().signal,
    onLine: (line) => lines.push(line),
    ...fields,
  });
  return end.then((ended) => ({ ...ended, lines }));
}

const pid = (): number => Number(readFileSync(path('pid'), 'utf8'));

describe('a tool', () => {
  it('tells its lines, its end and the last of its output', async () => {
    expect(await sh('echo one; printf "two\\rthree\\r\\n"; printf four; exit 3')).toEqual({
      code: 3,
      signal: null,
      failure: null,
      tail: 'one\ntwo\rthree\r\nfour',
      lines: ['one', 'two', 'three', 'four'],
    });
  });

  it('runs in its directory, with only the environment that it is given', async () => {
    const { lines } = await sh('pwd; echo "$GIVEN,$HOME"', { env: { GIVEN: 'yes' } });
    expect(lines).toEqual([path(), 'yes,']);
  });

  it('may print without end and without a line break, and only the last of it is kept', async () => {
    const { tail, lines } = await sh('head -c 3000000 /dev/zero | tr "\\0" x; echo end');
    expect(tail).toHaveLength(8 * 1024);
    expect(tail.endsWith('xend\n')).toBe(true);
    expect(lines.at(-1)?.length).toBeLessThan(200_000);
  });

  it('that cannot be started says why', async () => {
    const end = await sh('', { command: path('missing') });
    expect(end).toMatchObject({ code: null, signal: null, tail: '' });
    expect(end.failure?.message).toContain('ENOENT');
  });

  it('that ends by a signal says which', async () => {
    expect(await sh('kill -TERM $$')).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('takes with it what it leaves in the background', async () => {
    expect(await sh('sleep 100 & echo $! > pid')).toMatchObject({ code: 0 });
    await untilTrue(() => isGone(pid()));
  });

  it('is not waited for when a process that left its group holds the pipes', async () => {
    const end = await sh(
      'setsid sh -c "echo \\$\\$ > pid; exec sleep 100" & while [ ! -s pid ]; do :; done; echo done',
    );
    process.kill(pid(), 'SIGKILL');
    expect(end).toMatchObject({ code: 0, tail: 'done\n' });
  });

  it('is not started when the signal has been given', async () => {
    await expect(sh('echo no > started', { signal: AbortSignal.abort(new Error('stop')) })).rejects.toThrow(
      'stop',
    );
  });
});
