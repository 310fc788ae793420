import { makeFakeBundle } from '../../fake-interpreters/bundle.js';
import { fakeInterpreterPath } from '../../fake-interpreters/index.js';
import { createEnvironment, type EnvironmentOptions } from '../../src/index.js';
import { afterTest } from '../support/environment.js';
import { startHostProcess } from '../support/host-process.js';

const host = `
  const env = await createEnvironment({ ...argument, sinks: { rawStderr: process.stdout } });
  const [{ id }] = env.available();
  const over = new Promise((resolve) => {
    env.events.subscribe(({ entry }) => entry?.message === 'stdin: end' && resolve());
  });
  await env.activate(id);
  await over;
  await env.shutdown();
`;

function bundle(): string {
  const made = makeFakeBundle('reads-stdin');
  afterTest(() => {
    made.remove();
  });
  return made.directory;
}

const command = fakeInterpreterPath('reads-stdin');

describe("a plugin's stdin", () => {
  it.each<[string, () => EnvironmentOptions]>([
    ['the environment', () => ({ bundles: [bundle()], stdin: 'inherit' })],
    ['its program', () => ({ programs: [{ command, stdin: 'inherit' }] })],
  ])("is the host's where %s says so, up to its end", async (_, options) => {
    const { child, printed, ended } = startHostProcess(host, options());
    child.stdin?.write('hello from the terminal\n');
    await printed(/^stdin: hello from the terminal$/m);
    child.stdin?.end('bye\n');
    await printed(/^stdin: bye$/m);
    expect(await ended).toBe(0);
  });

  it.each<[string, () => EnvironmentOptions]>([
    ['no option is set', () => ({ bundles: [bundle()] })],
    ['its program says so', () => ({ programs: [{ command, stdin: 'ignore' }], stdin: 'inherit' })],
  ])('is empty where %s', async (_, options) => {
    const { child, printed, ended } = startHostProcess(host, options());
    child.stdin?.write('hello\n');
    const [all] = await printed(/[^]*stdin: end\n/);
    expect(all).not.toContain('hello');
    expect(await ended).toBe(0);
  });

  it.each<EnvironmentOptions>([
    { bundles: [], stdin: 'pipe' as 'ignore' },
    { programs: [{ command, stdin: 'pipe' as 'ignore' }] },
  ])('has no other value: %j', async (options) => {
    await expect(createEnvironment(options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining('ignore or inherit') as string,
    });
  });
});
