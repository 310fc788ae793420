import { callUnary } from '../../fake-interpreters/lib/fake-client.js';
import { fakeService } from '../../fake-interpreters/lib/fake-service.js';
import { createLauncher, handshakeOf } from './launcher.js';

const fakes = createLauncher();
afterAll(fakes.endAll);

describe('what a fake takes from its host', () => {
  it.each([
    { offered: '1', version: 1 },
    { offered: '1,2', version: 2 },
    { offered: '3,2', version: 2 },
    { offered: '7', version: 1 },
    { offered: '', version: 1 },
  ])('answers the versions "$offered" with $version', async ({ offered, version }) => {
    const fake = fakes.launch('never-accepts', { PLUGIN_PROTOCOL_VERSIONS: offered });
    expect((await handshakeOf(fake)).version).toBe(version);
  });

  it('puts its socket where the host wants it', async () => {
    const { address } = await handshakeOf(fakes.launch('healthy'));
    expect(address.startsWith(`${fakes.sockets}/plugin`)).toBe(true);
  });

  it('refuses a socket path that does not fit', async () => {
    const fake = fakes.launch('healthy', { PLUGIN_UNIX_SOCKET_DIR: `/tmp/${'x'.repeat(100)}` });
    expect(await fake.ended).toEqual({ code: 1, signal: null });
    expect(fake.stderr.text()).toContain('is too long');
  });

  it('refuses a wrong cookie', async () => {
    const fake = fakes.launch('healthy', { ESPALIER_PLUGIN: 'another host' });
    expect(await fake.ended).toEqual({ code: 1, signal: null });
    expect(fake.stderr.text()).toContain('This binary is a plugin.');
    expect(fake.stdout.text()).toBe('');
  });

  it('serves a host that has another cookie', async () => {
    const client = await fakes.connect(
      fakes.launch('healthy', { ESPALIER_PLUGIN: undefined, OTHER: 'cookie' }),
    );
    expect(await callUnary(client, fakeService.Env, {})).toMatchObject({ OTHER: 'cookie' });
  });

  it('listens on a port of the range that the host gives, past those that are taken', async () => {
    const range = { PLUGIN_MIN_PORT: '23410', PLUGIN_MAX_PORT: '23419' };
    const ports: number[] = [];
    for (const fake of [fakes.launch('healthy-on-tcp', range), fakes.launch('healthy-on-tcp', range)]) {
      const { network, address } = await handshakeOf(fake);
      expect(network).toBe('tcp');
      expect(address).toMatch(/^127\.0\.0\.1:234(1\d)$/);
      ports.push(Number(address.split(':')[1]));
    }
    expect(ports[0]).not.toBe(ports[1]);
  });
});
