import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { unary } from './calls.js';
import { helper, helperCommand, hostOfHelper, temporaryFolder } from './host.js';
import { programs } from './programs.js';
import { testRow } from './proves.js';
import { Test } from './services.js';

describe(programs.helper.name, () => {
  testRow(24, async () => {
    const right = `sha256:${createHash('sha256').update(readFileSync(helper)).digest('hex')}`;
    const wrong = `sha256:${createHash('sha256').update('something else').digest('hex')}`;

    const marker = join(temporaryFolder(), 'booted');
    const refused = await hostOfHelper(helperCommand('bad-version', marker), {
      checksums: { [helper]: wrong },
    });
    await expect(refused.failedStart()).resolves.toMatchObject({
      code: 'CHECKSUM_MISMATCH',
      facts: { expected: wrong, actual: right },
    });
    expect(existsSync(marker)).toBe(false);

    const { env, id } = await hostOfHelper(helperCommand('test-grpc'), { checksums: { [helper]: right } });
    await env.activate(id);
    await expect(unary(env.plugin(id).client(Test), 'Double', { input: 21 })).resolves.toEqual({
      output: 42,
    });
  });
});
