import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { matchRecordedProcess, processOrigin } from '../../../src/effects/state/index.js';
import { identifyProcess } from '../../../src/effects/process/process-identity.js';
import type { ProcessRecord } from '../../../src/model/index.js';
import { afterTest } from '../../support/environment.js';
import { untilTrue } from '../../support/until-true.js';

const token = '0123456789.1.hero.3';

/** A process with a token, and its record. */
async function recorded(): Promise<ProcessRecord> {
  const child = spawn('/bin/sleep', ['60'], { stdio: 'ignore', env: { FIRST: '1', ESPALIER_TOKEN: token } });
  afterTest(() => child.kill('SIGKILL'));
  const { pid = 0 } = child;
  await untilTrue(() => processOrigin(pid).executable === realpathSync('/bin/sleep'));
  return {
    pid,
    startTime: identifyProcess(pid)?.startTime ?? null,
    ...processOrigin(pid),
    token,
    socketDirectory: null,
    bundleFingerprint: null,
    transport: 'plaintext',
    reattach: {
      protocol: 'grpc',
      protocolVersion: 1,
      addr: { network: 'unix', string: '/nowhere' },
      pid,
      test: false,
    },
    notReattachable: null,
  };
}

describe('a recorded process', () => {
  it('is the same one by its start time, user, program and token', async () => {
    const record = await recorded();
    expect(record).toMatchObject({ user: process.getuid?.(), executable: realpathSync('/bin/sleep') });
    expect(await matchRecordedProcess(record)).toBe('same');
  });

  it.each<[string, Partial<ProcessRecord>]>([
    ['start time', { startTime: '1@boot' }],
    ['start time that is not known', { startTime: null }],
    ['user', { user: 12345 }],
    ['user that was not recorded', { user: null }],
    ['program', { executable: '/bin/other' }],
    ['program that was not recorded', { executable: null }],
    ['token', { token: '0123456789.1.hero.4' }],
    ['program, and no token', { executable: '/bin/other', token: null }],
  ])('is a different one with another %s', async (_, change) => {
    expect(await matchRecordedProcess({ ...(await recorded()), ...change })).toBe('different');
  });

  it('may have changed its program while it could not be adopted yet', async () => {
    const record = await recorded();
    expect(await matchRecordedProcess({ ...record, executable: '/bin/other', reattach: null })).toBe('same');
  });
});
