import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { jest } from '@jest/globals';
import type { ReattachConfig } from '../../../src/model/index.js';
import { identifyProcess } from '../../../src/effects/process/process-identity.js';
import { signalSameProcess } from '../../../src/effects/process/signal-same-process.js';
import { afterTest } from '../../support/environment.js';

async function attachedTo(options: { detached: boolean }) {
  const child = spawn('sleep', ['600'], { stdio: 'ignore', ...options });
  const ended = once(child, 'exit');
  afterTest(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await once(child, 'spawn');
  const pid = child.pid as number;
  const config: ReattachConfig = {
    protocol: 'grpc',
    protocolVersion: 1,
    addr: { network: 'unix', string: '/nowhere' },
    pid,
    test: false,
    startTime: identifyProcess(pid)?.startTime ?? 'unknown',
  };
  return { pid, config, ended };
}

describe('a signal to a process of another host', () => {
  it.each([
    ['to its whole group when it leads one', true],
    ['to itself alone when it is a member of another one', false],
  ])('goes %s', async (_, detached) => {
    const { pid, config, ended } = await attachedTo({ detached });
    const kill = jest.spyOn(process, 'kill');
    afterTest(() => {
      kill.mockRestore();
    });
    signalSameProcess(config, 'SIGTERM');
    expect(kill.mock.calls).toEqual([[detached ? -pid : pid, 'SIGTERM']]);
    expect(await ended).toEqual([null, 'SIGTERM']);
  });

  it.each<[string, Partial<ReattachConfig>]>([
    ['another start time: the pid was reused', { startTime: 'another' }],
    ['no start time', { startTime: undefined }],
    ['test: true', { test: true }],
  ])('is not sent with %s', async (_, changes) => {
    const { config } = await attachedTo({ detached: true });
    const kill = jest.spyOn(process, 'kill');
    afterTest(() => {
      kill.mockRestore();
    });
    signalSameProcess({ ...config, ...changes }, 'SIGKILL');
    expect(kill).not.toHaveBeenCalled();
  });

  it('does nothing when the process has ended', async () => {
    const { pid, config, ended } = await attachedTo({ detached: true });
    process.kill(pid, 'SIGKILL');
    await ended;
    expect(() => {
      signalSameProcess(config, 'SIGKILL');
    }).not.toThrow();
  });
});
