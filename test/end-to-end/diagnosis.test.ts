import { chmodSync, closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService, type Crash } from '../../fake-interpreters/lib/fake-service.js';
import type { FakeInterpreterName } from '../../fake-interpreters/index.js';
import { createEnvironment, isPluginError, type Environment, type PluginError } from '../../src/index.js';
import { afterTest, environmentWith, until } from '../support/environment.js';
import { fakeClientOf } from '../support/fake-client.js';

describe('a plugin that crashes while it serves', () => {
  const ends: readonly (readonly [string, Crash, string])[] = [
    ['exit code 0', { code: 0 }, 'ended by itself with exit code 0'],
    ['exit code 3', { code: 3 }, 'exit code 3'],
    ['SIGSEGV', { signal: 'SIGSEGV' }, 'SIGSEGV'],
    ['SIGKILL', { signal: 'SIGKILL' }, 'SIGKILL'],
  ];

  it.each(ends)('with %s is not explained by what it noted at its start', async (_, crash, words) => {
    const { env, id } = await activated('notes-a-missing-module');
    const hint = await hintAfter(env, id, crash);
    expect(hint).toContain(words);
    expect(hint).not.toMatch(/module|cryptography/);
  });

  it('with SIGSEGV is not explained by harmless lines, of which the last is quoted', async () => {
    const { env, id } = await activated('sigsegv');
    await print(env, id, 'address already in use, taking 8081\nPermission denied, trying next\n');
    const hint = await hintAfter(env, id, { signal: 'SIGSEGV' });
    expect(hint).toContain('SIGSEGV');
    expect(hint).toContain('it last printed "Permission denied, trying next"');
    expect(hint).not.toMatch(/probably|is taken/);
  });

  it('is explained by its last lines, as a guess', async () => {
    const { env, id } = await activated('crashes-on-command');
    await print(env, id, 'OSError: [Errno 24] Too many open files\n');
    const hint = await hintAfter(env, id, { code: 1 });
    expect(hint).toMatch(/^The plugin printed "OSError: .*", so probably the plugin had too many open files/);
  });
});

describe('a plugin whose start takes too long', () => {
  it('is told with what it printed last, which is a record in JSON', async () => {
    const { env, id } = await environmentWith('loads-forever', {
      policy: { restart: { restart: 'temporary' }, deadlines: { startMs: 1500 } },
    });
    await expect(env.activate(id)).rejects.toMatchObject({
      code: 'START_TIMEOUT',
      hint: expect.stringContaining('It last printed "loading model-7b.bin" on stderr.') as unknown,
    });
  });
});

describe('a program that the system does not start', () => {
  it('has Windows line ends', async () => {
    const error = await failedStart('#!/bin/sh\r\nexit 1\n', 0o755);
    expect(error).toMatchObject({ code: 'SPAWN_FAILED' });
    expect(error.hint).toContain('carriage return');
  });

  it('names an interpreter that is not there', async () => {
    expect((await failedStart('#!/nope/interpreter\n', 0o755)).hint).toContain('"/nope/interpreter" is not');
  });

  it('has no executable bit', async () => {
    expect((await failedStart('#!/bin/sh\n', 0o644)).hint).toContain('chmod +x');
  });

  it('is still being written', async () => {
    const { path, error } = await failedStartOf((file) => {
      writeFileSync(file, '#!/bin/sh\n', { mode: 0o755 });
      const written = openSync(file, 'a');
      afterTest(() => {
        closeSync(written);
      });
    });
    expect(error.message).toContain(path);
    expect(error.hint).toContain('open for writing');
  });

  it('is a directory', async () => {
    const { error } = await failedStartOf((file) => {
      mkdirSync(file);
    });
    expect(error.hint).toContain('is no file');
  });

  it('runs in a directory that is not there', async () => {
    const env = await createEnvironment({
      programs: [{ id: 'program', command: '/bin/sh', cwd: '/nope/directory' }],
      policy: { restart: { restart: 'temporary' } },
    });
    afterTest(() => env.shutdown());
    expect((await startError(env, 'program')).hint).toContain('directory "/nope/directory" does not exist');
  });
});

async function activated(name: FakeInterpreterName): Promise<{ env: Environment; id: string }> {
  const { env, id } = await environmentWith(name);
  await env.activate(id);
  return { env, id };
}

/** Prints on the pipe of the process, as the helper of a plugin does not see what native code prints. */
async function print(env: Environment, id: string, text: string): Promise<void> {
  await callUnary(fakeClientOf(env, id), fakeService.Print, { channel: 'stderr', text, to: 'pipe' });
}

async function hintAfter(env: Environment, id: string, crash: Crash): Promise<string> {
  callUnary(fakeClientOf(env, id), fakeService.Crash, crash).catch(() => undefined);
  await until(env, id, crash.code === 0 ? 'idle' : 'crashed').catch(() => undefined);
  return env.status(id).lastExit?.error?.hint ?? '';
}

async function failedStart(text: string, mode: number): Promise<PluginError> {
  const { error } = await failedStartOf((file) => {
    writeFileSync(file, text);
    chmodSync(file, mode);
  });
  return error;
}

async function failedStartOf(make: (file: string) => void): Promise<{ path: string; error: PluginError }> {
  const directory = mkdtempSync(join(tmpdir(), 'program-'));
  afterTest(() => {
    rmSync(directory, { recursive: true });
  });
  const path = join(directory, 'plugin');
  make(path);
  const env = await createEnvironment({
    programs: [{ id: 'program', command: path }],
    policy: { restart: { restart: 'temporary' } },
  });
  afterTest(() => env.shutdown());
  return { path, error: await startError(env, 'program') };
}

async function startError(env: Environment, id: string): Promise<PluginError> {
  const thrown: unknown = await env.activate(id).catch((error: unknown) => error);
  if (!isPluginError(thrown)) throw new Error(`It was started, or failed otherwise: ${String(thrown)}`);
  return thrown;
}
