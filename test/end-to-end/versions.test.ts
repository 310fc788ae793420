import { makeClientConstructor } from '@grpc/grpc-js';
import { callUnary, FakeClient } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import type { EnvironmentOptions, VersionedServices } from '../../src/index.js';
import { environmentWith } from '../support/environment.js';

const Other = makeClientConstructor({}, 'espalier.fake.v1.Other');

/** The fakes support versions 1 and 2 and prefer 2. */
const versions: VersionedServices = {
  1: { fake: FakeClient },
  2: { fake: FakeClient, other: Other },
  3: { newest: Other },
};

async function started(offered: VersionedServices) {
  const { env, id } = await environmentWith('healthy', { versions: offered });
  await env.activate(id);
  return { env, id, plugin: env.plugin(id) };
}

describe('versions with services of their own', () => {
  it('are all offered, and the plugin selects one', async () => {
    const { env, id, plugin } = await started(versions);
    expect(env.status(id).protocolVersion).toBe(2);
    const variables = await callUnary(plugin.dispense('fake'), fakeService.Env, {});
    expect(variables['PLUGIN_PROTOCOL_VERSIONS']).toBe('1,2,3');
  });

  it('determine the service of a name', async () => {
    const { env, id, plugin } = await started({ 1: { fake: Other }, 2: { fake: FakeClient } });
    expect(plugin.dispense('fake')).toBeInstanceOf(FakeClient);
    expect(env.plugin(id).dispense('fake')).not.toBeInstanceOf(Other);
  });

  it('report a service that only another version has', async () => {
    const { plugin } = await started(versions);
    expect(() => plugin.dispense('newest')).toThrow(
      expect.objectContaining({
        code: 'APP_VERSION_MISMATCH',
        facts: { name: 'newest', protocolVersion: 2, versionsWithIt: [3] },
      }) as Error,
    );
  });

  it.each(['nothing', 'constructor'])('report a service that no version has: %s', async (name) => {
    const { plugin } = await started(versions);
    expect(() => plugin.dispense(name)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        hint: expect.stringContaining('fake, other') as string,
      }) as Error,
    );
  });

  it('are unknown before the plugin has selected a version', async () => {
    const { env, id } = await environmentWith('healthy', { versions });
    expect(() => env.plugin(id).dispense('fake')).toThrow(
      expect.objectContaining({ code: 'PLUGIN_NOT_RUNNING', plugin: id }) as Error,
    );
  });

  it.each<[string, EnvironmentOptions]>([
    ['exclude each other', { versions, handshake: { protocolVersions: [1] } }],
    ['must be a client constructor', { versions: { 1: { fake: {} as typeof FakeClient } } }],
    ['at least one whole number', { versions: {} }],
    ['at least one whole number', { versions: { [-1]: {} } }],
  ])('are refused when they are not usable: %s', async (problem, options) => {
    await expect(environmentWith('healthy', options)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(problem) as string,
    });
  });
});
