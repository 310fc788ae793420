import { existsSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { listening } from '../support/listening.js';
import { anyHost, espalierHost, launch, socketDirectory, start } from './plugin-process.js';

describe('a plugin of a host', () => {
  it('announces in one line the socket that it serves on, in the directory of the host', async () => {
    const sockets = socketDirectory();
    const plugin = await start({}, { ...espalierHost, PLUGIN_UNIX_SOCKET_DIR: sockets.path });
    const [name = ''] = sockets.names();
    expect(plugin.line).toBe(`1|1|unix|${sockets.path}/${name}|grpc|`);
    expect(await plugin.run('return 6 * 7')).toBe(42);
    expect(plugin.stdout()).toBe(`${plugin.line}\n`);
    expect(plugin.stderr()).toBe('');
  });

  it('gives its socket to the group that the host names by number', async () => {
    const group = process.getgid?.() ?? 0;
    const plugin = await start({}, { ...espalierHost, PLUGIN_UNIX_SOCKET_GROUP: String(group) });
    const { mode, gid } = statSync(plugin.address);
    expect([mode & 0o777, gid]).toEqual([0o660, group]);
  });

  it('says so and leaves no socket where the group does not exist', async () => {
    const sockets = socketDirectory();
    const plugin = launch(
      {},
      {
        ...espalierHost,
        PLUGIN_UNIX_SOCKET_DIR: sockets.path,
        PLUGIN_UNIX_SOCKET_GROUP: 'no-such-group',
      },
    );
    expect(await plugin.ended).toEqual({ code: 1, signal: null });
    expect(plugin.stderr()).toContain('cannot listen on a socket of the group no-such-group: ');
    expect(sockets.names()).toEqual([]);
  });

  it('takes the first free port of the range on 127.0.0.1 when it is to listen on TCP', async () => {
    const { port } = await listening(createServer());
    const range = { PLUGIN_MIN_PORT: String(port), PLUGIN_MAX_PORT: String(port + 20) };
    const plugin = await start({ options: { network: 'tcp' } }, { ...espalierHost, ...range });
    expect(plugin.network).toBe('tcp');
    const [host, chosen] = plugin.address.split(':');
    expect(host).toBe('127.0.0.1');
    expect(Number(chosen)).toBeGreaterThan(port);
    expect(await plugin.run('return true')).toBe(true);
  });

  it('waits for what was printed before, so that its line is whole and on a line of its own', async () => {
    const before = "process.stdout.write('x'.repeat(1_000_000) + '\\n');";
    const plugin = await start({ before });
    expect(plugin.stdout()).toBe(`${'x'.repeat(1_000_000)}\n${plugin.line}\n`);
  });

  it('prints its line first where the host takes the first line only', async () => {
    const sockets = { PLUGIN_UNIX_SOCKET_DIR: socketDirectory().path };
    const plugin = await start(
      { options: { services: undefined, versions: {} }, before: printingServices },
      { ...anyHost, ...sockets },
    );
    expect(plugin.stdout().startsWith('1|1|unix|')).toBe(true);
  });
});

/** Calls serve by itself, with services that print while they are added. */
const printingServices = `
  await serve({ services: () => { console.log('adding the services'); } });
  process.exit(0);
`;

describe('a program that cannot serve', () => {
  it.each([
    ['nobody has given it the cookie', { ESPALIER_PLUGIN: undefined }, 'This program is a plugin.'],
    ['the cookie has another value', { ESPALIER_PLUGIN: 'trellis' }, 'ESPALIER_PLUGIN does not hold'],
    ['the path of its socket is too long', { PLUGIN_UNIX_SOCKET_DIR: `/tmp/${'x'.repeat(90)}` }, '107'],
    ['there is no directory for its socket', { PLUGIN_UNIX_SOCKET_DIR: '/nowhere' }, 'does not exist'],
    ['the handshake cannot carry the path', { PLUGIN_UNIX_SOCKET_DIR: '/tmp/a|b' }, '"|"'],
    ['the certificate of the host is none', { PLUGIN_CLIENT_CERT: 'paper' }, 'no certificate in PEM'],
  ])('says so on stderr and exits with 1: %s', async (_, env, said) => {
    const plugin = launch({}, { ...espalierHost, ...env });
    expect(await plugin.ended).toEqual({ code: 1, signal: null });
    expect(plugin.stderr()).toContain(said);
    expect(plugin.stdout()).toBe('');
  });

  it.each([
    ['10', '9'],
    ['a', 'b'],
    ['-1', '70000'],
  ])('says so for the ports from %s to %s', async (from, to) => {
    const env = { ...espalierHost, PLUGIN_MIN_PORT: from, PLUGIN_MAX_PORT: to };
    const plugin = launch({ options: { network: 'tcp' } }, env);
    expect((await plugin.ended).code).toBe(1);
    expect(plugin.stderr()).toContain(`no range: ${from} to ${to}`);
  });

  it('says so where every port is taken', async () => {
    const port = String((await listening(createServer())).port);
    const range = { PLUGIN_MIN_PORT: port, PLUGIN_MAX_PORT: port };
    const plugin = launch({ options: { network: 'tcp' } }, { ...espalierHost, ...range });
    expect((await plugin.ended).code).toBe(1);
    expect(plugin.stderr()).toMatch(/every port from \d+ to \d+ is taken/);
  });

  it('says so where it requires mutual TLS and the host offers none', async () => {
    const plugin = launch({ options: { mtls: 'required' } });
    expect((await plugin.ended).code).toBe(1);
    expect(plugin.stderr()).toContain('requires mutual TLS');
  });

  it('says so where the host has gone before the line, and leaves no socket', async () => {
    const sockets = socketDirectory();
    const env = { ...espalierHost, PLUGIN_UNIX_SOCKET_DIR: sockets.path };
    const plugin = launch({}, env);
    plugin.child.stdout?.destroy();
    expect((await plugin.ended).code).toBe(1);
    expect(plugin.stderr()).toContain('The host is gone');
    expect(sockets.names()).toEqual([]);
  });

  it.each([
    ['a second call of serve', 'serve(options)', 'serve was called twice'],
    ['an option that is not known', 'serve({ ...options, port: 1 })', 'port must not be given: known are'],
    ['no services', 'serve({})', 'services must be given'],
  ])('rejects for %s, and Node says where', async (_, call, said) => {
    const before = `const options = { services: () => undefined }; void serve(options); await ${call};`;
    const first = call.includes('(options)') ? before : before.replace('void serve(options);', '');
    const plugin = launch({ before: first });
    expect((await plugin.ended).code).toBe(1);
    expect(plugin.stderr()).toContain(said);
    expect(plugin.stderr()).toContain('CONFIG_INVALID');
  });

  it('fails with what its own services throw, and leaves no socket', async () => {
    const sockets = socketDirectory();
    const before = "await serve({ services: () => { throw new Error('no database'); } });";
    const plugin = launch({ before }, { ...espalierHost, PLUGIN_UNIX_SOCKET_DIR: sockets.path });
    expect((await plugin.ended).code).toBe(1);
    expect(plugin.stderr()).toContain('Error: no database');
    expect(sockets.names()).toEqual([]);
  });
});

describe('the versions of a plugin', () => {
  const before = `
    const list = (name) => [{ definition: { [name]: { path: '/test.Plugin/' + name, requestStream: false,
      responseStream: false, requestSerialize: String, requestDeserialize: String,
      responseSerialize: (text) => Buffer.from(JSON.stringify(text)), responseDeserialize: String } },
      implementation: { [name]: (call, answer) => answer(null, name) } }];
    await serve({
      services: (server, { version }) => list('Run')
        .forEach(({ definition }) => server.addService(definition, { Run: (c, answer) => answer(null, version) })),
      handshake: { protocolVersion: 0 },
      versions: { 2: list('Old'), 3: (server, { version }) => server.addService(list('Run')[0].definition,
        { Run: (call, answer) => answer(null, version) }) },
    });
    process.exit(0);`;

  it.each([
    ['0,1,3', 3],
    ['3', 3],
    ['0,1', 0],
    ['7', 0],
    ['', 0],
  ])(
    'are negotiated with a host that offers %p: %d, with the services of that version',
    async (offered, v) => {
      const plugin = await start({ before }, { ...espalierHost, PLUGIN_PROTOCOL_VERSIONS: offered });
      expect(plugin.line.startsWith(`1|${v}|unix|`)).toBe(true);
      expect(await plugin.run('')).toBe(v);
      expect(existsSync(plugin.address)).toBe(true);
    },
  );

  it('leave out the services of the others', async () => {
    const plugin = await start({ before }, { ...espalierHost, PLUGIN_PROTOCOL_VERSIONS: '1,2' });
    expect(plugin.line.startsWith('1|2|unix|')).toBe(true);
    await expect(plugin.run('')).rejects.toThrow('UNIMPLEMENTED');
  });
});
