import { execFileSync } from 'node:child_process';
import { jest } from '@jest/globals';
import {
  identifyProcess,
  identityFromPs,
  identityFromStat,
  isSameProcessRunning,
} from '../../../src/effects/process/process-identity.js';
import { startUnrelatedProcess } from '../../support/unrelated-process.js';

/** A pid that Linux never gives away: its highest is 2^22. */
const unusedPid = 2 ** 22 + 1;

function statOf(name: string, state: string, group = 4711): string {
  const between = Array.from({ length: 16 }, (_, index) => index).join(' ');
  return `4711 (${name}) ${state} 1 ${group} ${between} 81234 99 98\n`;
}

describe('the identity of a process', () => {
  it('is always the same, and another one for another process', async () => {
    const pid = await startUnrelatedProcess();
    const seen = identifyProcess(pid);
    expect(seen).toEqual({
      startTime: expect.stringMatching(/^\d+@[0-9a-f-]+$/) as string,
      leadsGroup: true,
    });
    expect(identifyProcess(pid)).toEqual(seen);
    expect(identifyProcess(process.pid)?.startTime).not.toBe(seen?.startTime);
    expect(isSameProcessRunning(pid, seen?.startTime ?? null)).toBe(true);
    expect(isSameProcessRunning(pid, 'another')).toBe(false);
  });

  it('is null when there is no process', () => {
    expect(identifyProcess(unusedPid)).toBeNull();
    expect(isSameProcessRunning(unusedPid, null)).toBe(false);
  });

  it('is unknown for a process that may be neither read nor signalled', () => {
    const kill = jest.spyOn(process, 'kill').mockImplementation(() => {
      throw Object.assign(new Error('kill EPERM'), { code: 'EPERM' });
    });
    try {
      expect(identifyProcess(unusedPid)).toEqual({ startTime: null, leadsGroup: false });
    } finally {
      kill.mockRestore();
    }
  });

  it.each(['python3', 'a b', 'a) Z 1 (b', '', '((('])(
    'is read from /proc whatever the process is called: %j',
    (name) => {
      expect(identityFromStat(statOf(name, 'S'), 'boot')).toEqual({
        startTime: '81234@boot',
        leadsGroup: true,
      });
      expect(identityFromStat(statOf(name, 'S', 1), 'boot')?.leadsGroup).toBe(false);
      expect(identityFromStat(statOf(name, 'Z'), 'boot')).toBeNull();
    },
  );

  it('is read from ps where there is no /proc', async () => {
    const pid = await startUnrelatedProcess();
    const print = () =>
      execFileSync('ps', ['-o', 'stat=,pgid=,lstart=', '-p', String(pid)], { encoding: 'utf8' });
    const seen = identityFromPs(print(), pid);
    expect(seen).toEqual({ startTime: expect.stringMatching(/:\d\d 2\d{3}$/) as string, leadsGroup: true });
    expect(identityFromPs('Z+ 1 Sun Nov 22 12:47:21 2026\n', 1)).toBeNull();
    expect(identityFromPs('', 1)).toBeNull();
  });
});
