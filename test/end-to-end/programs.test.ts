import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createEnvironment, type PluginError, type ProgramOptions } from '../../src/index.js';
import { afterTest } from '../support/environment.js';

describe('a program that cannot be a plugin', () => {
  it('is reported as built for another machine, wherever its header is', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'espalier-test-'));
    afterTest(() => {
      rmSync(folder, { recursive: true, force: true });
    });
    writeFileSync(join(folder, 'plugin'), windowsProgram(600), { mode: 0o755 });
    for (const command of [join(folder, 'plugin'), './plugin']) {
      const { hint } = await errorOf({ command, cwd: folder });
      expect(hint).toContain('is built for arm64 Windows (PE)');
    }
  });

  it('is not reported as no program when the system finds it on PATH', async () => {
    const { code, hint } = await errorOf({ command: 'sh', args: ['-c', 'echo unexpected end >&2; exit 3'] });
    expect(code).toBe('EXITED_BEFORE_HANDSHAKE');
    expect(hint).toContain('exit code 3');
    expect(hint).not.toContain('neither a program nor a script');
  });
});

async function errorOf(program: ProgramOptions): Promise<PluginError> {
  const env = await createEnvironment({
    programs: [{ id: 'program', ...program }],
    policy: { restart: { restart: 'temporary', retryFailedStart: false } },
  });
  afterTest(() => env.shutdown());
  const outcome: unknown = await env.activate('program').catch((error: unknown) => error);
  return outcome as PluginError;
}

/** The head of a program for Windows on arm64, with its header where the compiler's own stub ends. */
function windowsProgram(header: number): Buffer {
  const bytes = Buffer.alloc(header + 64);
  bytes.write('MZ');
  bytes.writeUInt32LE(header, 60);
  bytes.write('PE\0\0', header);
  bytes.writeUInt16LE(0xaa64, header + 4);
  return bytes;
}
