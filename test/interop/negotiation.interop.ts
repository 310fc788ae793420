import { closeSync, openSync, readSync } from 'node:fs';
import { sniffExecutable, sniffLength } from '../../src/go-plugin/index.js';
import { binary, helperCommand, hostOfHelper } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';

const netrpcModes = [
  'test-interface',
  'test-interface-tls',
  'test-interface-mtls',
  'test-interface-daemon',
  'test-interface-logger-netrpc',
];

describe(programs.helper.name, () => {
  testRow(15, async () => {
    const { failedStart } = await hostOfHelper(helperCommand('bad-version'));
    await expect(failedStart()).resolves.toMatchObject({
      code: 'APP_VERSION_MISMATCH',
      facts: { announced: 11, offered: [1], signal: 'SIGKILL' },
    });
  });

  testRow(16, async () => {
    const { failedStart } = await hostOfHelper(helperCommand('test-versioned-plugins'));
    await expect(failedStart()).resolves.toMatchObject({
      code: 'APP_VERSION_MISMATCH',
      facts: { announced: 2, offered: [1] },
    });
  });

  testRow(29, async () => {
    const { failedStart } = await hostOfHelper(helperCommand('test-proto-upgraded-plugin'));
    const error = await failedStart();
    expect(error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED', facts: { field: 'protocol' } });
    expect(error.hint).toContain('plugin.DefaultGRPCServer');
  });

  testRow(31, async () => {
    const host = await hostOfHelper(helperCommand('test-proto-upgraded-client'), {
      offered: [2],
      startMs: 2_000,
    });
    const agreed: (number | null)[] = [];
    host.env.events.subscribe((event) => {
      if (event.type === 'plugin.status') agreed.push(event.status.protocolVersion);
    });
    const error = await host.failedStart();
    expect(error).toMatchObject({ code: 'CONNECT_FAILED', phase: 'dial', facts: { tls: 'unannounced' } });
    expect(agreed).toContain(2);
  });

  it.each(netrpcModes)('is refused in its netrpc mode %s', async (mode) => {
    const { failedStart } = await hostOfHelper(helperCommand(mode), { offered: [0, 1] });
    const error = await failedStart();
    expect(error).toMatchObject({ code: 'PROTOCOL_UNSUPPORTED' });
    expect(error.message).toContain('netrpc');
  });

  it('is reported as no plugin when it runs as a test program', async () => {
    const [command, ...args] = helperCommand('test-grpc');
    const { failedStart } = await hostOfHelper(['env', '-u', 'GO_WANT_HELPER_PROCESS', command, ...args]);
    const error = await failedStart();
    expect(error).toMatchObject({ code: 'EXITED_BEFORE_HANDSHAKE', facts: { exitCode: 0 } });
    expect(error.message).toContain('"PASS"');
  });

  testRow(53, async () => {
    const arch = process.arch === 'arm64' ? 'x64' : 'arm64';
    const linux = binary(`foreign-linux-${arch === 'x64' ? 'amd64' : 'arm64'}`);
    expect(sniffExecutable(headOf(linux))).toEqual({ format: 'elf', arch });
    // Only these are started: a machine may be set up to run the programs of other processors.
    await expectForeign('foreign-darwin-arm64', 'is built for arm64 macOS (Mach-O)');
    await expectForeign('foreign-windows-amd64', 'is built for x64 Windows (PE)');
  });
});

async function expectForeign(program: string, hint: string): Promise<void> {
  const { failedStart } = await hostOfHelper([binary(program)]);
  const error = await failedStart();
  expect(error.code).toBe('EXITED_BEFORE_HANDSHAKE');
  expect(error.hint).toContain(hint);
}

function headOf(path: string): Uint8Array {
  const head = Buffer.alloc(sniffLength);
  const file = openSync(path, 'r');
  readSync(file, head);
  closeSync(file);
  return head;
}
