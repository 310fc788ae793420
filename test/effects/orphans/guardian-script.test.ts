import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { guardianScript } from '../../../src/effects/orphans/guardian-script.js';
import { afterTest } from '../../support/environment.js';

const shells = ['/bin/sh', '/bin/bash', '/bin/busybox'].filter((path) => existsSync(path));

/** A directory that the guardian takes for /proc, so that a process can seem to be another one. */
function pretendedProc(): string {
  const directory = mkdtempSync(join(tmpdir(), 'proc-'));
  afterTest(() => {
    rmSync(directory, { recursive: true, force: true });
  });
  mkdirSync(join(directory, 'self'));
  writeFileSync(join(directory, 'self', 'stat'), stat(1, 1));
  return directory;
}

function stat(pid: number, startTime: number): string {
  const fields = Array.from({ length: 50 }, (_, index) => (index === 19 ? startTime : 'S'));
  return `${pid} (a name) with ) in it) ${fields.join(' ')}\n`;
}

function begins(proc: string, { pid = 0 }: ChildProcess, startTime: number): void {
  mkdirSync(join(proc, String(pid)), { recursive: true });
  writeFileSync(join(proc, String(pid), 'stat'), stat(pid, startTime));
}

/** A process that leads a group, as a plugin does. */
function leader(): ChildProcess {
  const child = spawn('/bin/sleep', ['60'], { detached: true, stdio: 'ignore' });
  afterTest(() => child.kill('SIGKILL'));
  return child;
}

/** A guardian; its pipe is in the hands of the test. */
function guardianIn(shell: string, proc: string) {
  const args = shell.endsWith('busybox') ? ['sh'] : [];
  const child = spawn(shell, [...args, '-c', guardianScript.replaceAll('/proc', proc)], {
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  afterTest(() => child.kill('SIGKILL'));
  const answers: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => answers.push(chunk.toString()));
  const order = (line: string) => child.stdin.write(`${line}\n`);
  return {
    order,
    /** Waits until its answers fit. */
    async answers(pattern: RegExp): Promise<string> {
      while (!pattern.test(answers.join(''))) await once(child.stdout, 'data');
      return answers.join('');
    },
    /** Orders are carried out in their turn: an answer to the last one means that the others were. */
    async settled(): Promise<void> {
      order('reap last nobody');
      await this.answers(/reaped last/);
    },
    async hostDies() {
      child.stdin.end();
      await once(child, 'exit');
    },
  };
}

/** Whether a child was ended; one that was not is asked to, so that there is an answer either way. */
async function wasKilled(child: ChildProcess): Promise<boolean> {
  const ended = child.signalCode === null ? once(child, 'exit') : Promise.resolve();
  child.kill('SIGTERM');
  await ended;
  return child.signalCode === 'SIGKILL';
}

describe.each(shells)('the guardian in %s', (shell) => {
  it('kills the groups that joined and did not part', async () => {
    const [stays, parts] = [leader(), leader()];
    const guardian = guardianIn(shell, '/proc');
    guardian.order('guard 0123456789 /nowhere/at all');
    guardian.order(`add-group ${stays.pid}`);
    guardian.order(`add-group ${parts.pid}`);
    guardian.order(`remove-group ${parts.pid}`);
    await guardian.settled();
    await guardian.hostDies();
    expect([await wasKilled(stays), await wasKilled(parts)]).toEqual([true, false]);
  });

  it('spares a process that has the pid of a plugin and began at another time', async () => {
    const proc = pretendedProc();
    const [same, stranger, gone] = [leader(), leader(), leader()];
    for (const child of [same, stranger]) begins(proc, child, 100);
    const guardian = guardianIn(shell, proc);
    guardian.order('guard 0123456789 ');
    // The last of them had gone before the guardian could look at it: whoever has its pid is a stranger.
    for (const child of [same, stranger, gone]) guardian.order(`add-group ${child.pid}`);
    await guardian.settled();
    begins(proc, stranger, 101);
    await guardian.hostDies();
    expect(await wasKilled(same)).toBe(true);
    expect(await wasKilled(stranger)).toBe(false);
    expect(await wasKilled(gone)).toBe(false);
  });

  it('goes by the number of the group where the system has no /proc', async () => {
    const plugin = leader();
    const guardian = guardianIn(shell, '/nowhere/proc');
    guardian.order('guard 0123456789 ');
    guardian.order(`add-group ${plugin.pid}`);
    await guardian.hostDies();
    expect(await wasKilled(plugin)).toBe(true);
  });

  it('ends without a deed when every environment has left', async () => {
    const plugin = leader();
    const place = join(pretendedProc(), 'espalier-abcdef');
    mkdirSync(place);
    const guardian = guardianIn(shell, '/proc');
    guardian.order(`guard 0123456789 ${place}`);
    guardian.order(`add-group ${plugin.pid}`);
    guardian.order('unguard 0123456789');
    await guardian.hostDies();
    expect(existsSync(place)).toBe(true);
    expect(await wasKilled(plugin)).toBe(false);
  });

  it('removes the directory of an environment whose host has died, whatever its name holds', async () => {
    const parent = join(pretendedProc(), "a 'strange' $(name) \\ *");
    const [place, bystander] = [join(parent, 'espalier-abcdef'), join(parent, 'something else')];
    for (const directory of [place, bystander]) mkdirSync(directory, { recursive: true });
    const guardian = guardianIn(shell, '/proc');
    guardian.order(`guard 0123456789 ${place}`);
    guardian.order(`guard 9876543210 ${bystander}`);
    await guardian.settled();
    await guardian.hostDies();
    expect([existsSync(place), existsSync(bystander)]).toEqual([false, true]);
  });

  it('hunts whoever carries just that token, and tells whom it ended', async () => {
    const carrying = (token: string): ChildProcess => {
      const child = spawn('/bin/sleep', ['60'], { env: { ESPALIER_TOKEN: token }, stdio: 'ignore' });
      afterTest(() => child.kill('SIGKILL'));
      return child;
    };
    const [wanted, neighbour] = [carrying('aaaaaaaaaa.1.x.1'), carrying('aaaaaaaaaa.10.x.1')];
    const guardian = guardianIn(shell, '/proc');
    guardian.order('reap 7 bbbbbbbbbb.1 aaaaaaaaaa.1');
    expect(await guardian.answers(/reaped 7.*\n/)).toBe(`reaped 7 ${wanted.pid}\n`);
    expect([await wasKilled(wanted), await wasKilled(neighbour)]).toEqual([true, false]);
    await guardian.hostDies();
  });
});
