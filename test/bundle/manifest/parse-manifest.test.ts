import fc from 'fast-check';
import { parseManifest, type ManifestProblem } from '../../../src/bundle/index.js';
import type { Manifest, PluginError } from '../../../src/model/index.js';

const least = { id: 'com.example.hello', server: { executable: 'plugin.py' } };

function accept(manifest: unknown, file = 'plugin.json'): Manifest {
  const parsed = parseManifest(typeof manifest === 'string' ? manifest : JSON.stringify(manifest), file);
  if (!parsed.ok) throw parsed.error;
  return parsed.manifest;
}

function refuse(manifest: unknown, file = 'plugin.json'): PluginError {
  const parsed = parseManifest(typeof manifest === 'string' ? manifest : JSON.stringify(manifest), file);
  if (parsed.ok) throw new Error('the manifest was accepted');
  expect(parsed.error).toMatchObject({ code: 'MANIFEST_INVALID', phase: 'manifest', facts: { file } });
  expect(parsed.error.message).not.toContain('\n');
  expect(parsed.error.hint).toBeTruthy();
  return parsed.error;
}

/** `path message` of each problem. */
function complaints(manifest: unknown, file?: string): string[] {
  const problems = refuse(manifest, file).facts.problems as ManifestProblem[];
  return problems.map(({ path, message }) => `${path} ${message}`.trim());
}

describe('a manifest that says the least', () => {
  it('gets its id as its name, version 0.0.0 and nothing required', () => {
    expect(accept(least)).toEqual({
      id: 'com.example.hello',
      name: 'com.example.hello',
      version: '0.0.0',
      server: { executable: 'plugin.py' },
      requires: [],
      supervision: {},
      env: {},
    });
  });

  it('reads the same from YAML', () => {
    const yaml = 'id: com.example.hello\nserver:\n  executable: plugin.py\n';
    expect(accept(yaml, 'plugin.yaml')).toEqual(accept(least));
    expect(accept(yaml, 'plugin.yml')).toEqual(accept(least));
  });
});

describe('a manifest that says all', () => {
  const full = {
    id: 'Com.Example.FULL_plugin-1',
    name: 'Full',
    version: '1.2.3-rc.1+7',
    description: 'all of it',
    min_server_version: '9.5.0',
    server: {
      runtime: 'python',
      executable: 'plugin.py',
      executables: { 'linux-amd64': 'bin/linux', 'windows-amd64': 'bin/plugin.exe' },
      args: ['--port', '0'],
      python_version: '>=3.10,<3.13',
      python: { dependency_mode: 'venv', venv_path: 'env', requirements_path: 'deps.txt' },
    },
    props: { anything: [1, { deep: true }] },
    requires: ['com.example.Other'],
    supervision: {
      preset: 'mattermost',
      restart: {
        restart: 'transient',
        retryFailedStart: true,
        backoff: { capMs: 5000, jitter: 'none' },
        intensity: 3,
        periodMs: 60000,
        resetAfterMs: null,
        halfOpenAfterMs: null,
      },
      health: { intervalMs: 100, retryIntervalMs: 0, deadlineMs: 50, misses: 2 },
      deadlines: { startMs: 1000, drainMs: 0, hookMs: 1, shutdownMs: 2, termMs: 3, killMs: 4 },
    },
    env: { GREETING: 'hello', PLUGIN_COLOUR: 'green' },
  };

  it('keeps everything, and lower-cases ids', () => {
    const id = 'com.example.full_plugin-1';
    expect(accept(full)).toEqual({ ...full, id, requires: ['com.example.other'] });
  });

  it("drops Mattermost's fields that are not for us", () => {
    const foreign = {
      webapp: { bundle_path: 'x.js' },
      settings_schema: { settings: [] },
      homepage_url: 'https://x',
    };
    expect(accept({ ...least, ...foreign })).toEqual(accept(least));
  });
});

describe("what Mattermost's manifests are like", () => {
  it.each([
    [
      'an empty executable beside executables',
      { server: { executable: '', executables: { 'linux-amd64': 'a' } } },
    ],
    [
      'null for what is left out',
      { server: { executable: null, executables: { 'linux-amd64': 'a' } }, props: null, requires: null },
    ],
  ])('%s counts as nothing', (_, fields) => {
    const manifest = accept({ ...least, ...fields });
    expect(manifest.server).toEqual({ executables: { 'linux-amd64': 'a' } });
    expect(manifest.requires).toEqual([]);
  });

  it('the old name `backend` of the server part is read', () => {
    expect(accept({ id: least.id, backend: { executable: 'run' } }).server).toEqual({ executable: 'run' });
  });

  it('a problem in a `backend` is named as it is written', () => {
    const text = '{\n "id": "abc",\n "backend": { "executable": 7 }\n}';
    expect(refuse(text).message).toBe('plugin.json:3:29: backend.executable must be a string');
  });

  it('a byte order mark is passed over', () => {
    expect(accept(`\uFEFF${JSON.stringify(least)}`)).toEqual(accept(least));
    expect(accept('\uFEFFid: com.example.hello\nserver: { executable: plugin.py }', 'plugin.yml')).toEqual(
      accept(least),
    );
  });
});

describe('the id', () => {
  it.each(['abc', 'A.b-c_9', '...', 'x'.repeat(190)])('may be %s', (id) => {
    expect(accept({ ...least, id }).id).toBe(id.toLowerCase());
  });

  it.each(['', 'ab', 'x'.repeat(191), 'with space', 'sl/ash', 'ümlaut', 'abc\n'])('may not be %j', (id) => {
    expect(complaints({ ...least, id })).toEqual([
      'id must be 3 to 190 characters, each a letter, a digit, "-", "_" or "."',
    ]);
  });

  it('is needed', () => {
    expect(complaints({ server: {} })).toEqual(['id is missing']);
  });

  it('is on the error of a manifest that is wrong elsewhere', () => {
    expect(refuse({ ...least, id: 'Com.Hello', server: 1 }).plugin).toBe('com.hello');
    expect(refuse({ ...least, id: '!' }).plugin).toBeUndefined();
  });
});

describe('each field', () => {
  const server = (fields: object) => ({ server: { ...least.server, ...fields } });
  const supervision = (fields: object) => ({ supervision: fields });

  it.each<[object, string]>([
    [{ server: undefined }, 'server is missing'],
    [{ server: 'plugin.py' }, 'server must be an object'],
    [{ name: 7 }, 'name must be a string'],
    [{ version: 1 }, 'version must be a string'],
    [{ version: 'latest' }, 'version must be a version such as 1.2.3'],
    [{ min_server_version: 'new' }, 'min_server_version must be a version such as 9.5.0'],
    [server({ runtime: 'ruby' }), 'server.runtime must be one of python, node, executable, go'],
    [server({ executable: 'a\0b' }), 'server.executable may not hold a NUL byte'],
    [
      server({ executables: { linux: 'a' } }),
      'server.executables.linux must be a platform such as linux-amd64',
    ],
    [server({ executables: { 'linux-amd64': 1 } }), 'server.executables.linux-amd64 must be a string'],
    [server({ args: '--x' }), 'server.args must be a list'],
    [server({ args: ['a', 1] }), 'server.args.1 must be a string'],
    [
      server({ python_version: 'three' }),
      'server.python_version must be a version such as 3.11 or >=3.10,<3.13',
    ],
    [
      server({ python: { dependency_mode: 'conda' } }),
      'server.python.dependency_mode must be one of system, venv, bundled',
    ],
    [{ props: [] }, 'props must be an object'],
    [{ requires: ['no'] }, 'requires.0 must be 3 to 190 characters, each a letter, a digit, "-", "_" or "."'],
    [{ requires: ['COM.example.hello'] }, 'requires may not name the plugin itself'],
    [{ env: { PORT: 80 } }, 'env.PORT must be a string'],
    [{ env: { A: 'a\0' } }, 'env.A may not hold a NUL byte'],
    [{ env: { 'A=B': 'x' } }, 'env.A=B is no name of an environment variable'],
    [{ env: { '': 'x' } }, 'env. is no name of an environment variable'],
    [
      supervision({ preset: 'nomad' }),
      'supervision.preset must be one of espalier, mattermost, otp, systemd, kubernetes',
    ],
    [supervision({ restarts: 3 }), 'supervision.restarts is not known: did you mean restart?'],
    [
      supervision({ restart: { restart: 'always' } }),
      'supervision.restart.restart must be one of permanent, transient, temporary',
    ],
    [supervision({ restart: { intensity: 1.5 } }), 'supervision.restart.intensity must be a whole number'],
    [supervision({ restart: { intensity: -1 } }), 'supervision.restart.intensity must be at least 0'],
    [
      supervision({ restart: { backoff: { capMs: -1 } } }),
      'supervision.restart.backoff.capMs must be at least 0',
    ],
    [supervision({ health: { intervalMs: 0 } }), 'supervision.health.intervalMs must be at least 1'],
    [supervision({ health: { misses: 0 } }), 'supervision.health.misses must be at least 1'],
    [supervision({ deadlines: { startMs: '15s' } }), 'supervision.deadlines.startMs must be a finite number'],
    [
      supervision({ deadlines: { start_ms: 1 } }),
      'supervision.deadlines.start_ms is not known: did you mean startMs?',
    ],
    [
      supervision({ deadlines: { hookMs: 2 ** 31 } }),
      'supervision.deadlines.hookMs must be at most 2147483647',
    ],
    [{ limits: { memoryBytes: 1024 } }, 'limits.memoryBytes must be at least 16777216'],
    [{ limits: { openFiles: 64.5 } }, 'limits.openFiles must be a whole number'],
    [{ limits: { memory: 64 } }, 'limits.memory is not known: did you mean memoryBytes?'],
  ])('%j: %s', (fields, complaint) => {
    expect(complaints({ ...least, ...fields })).toEqual([complaint]);
  });

  it.each([
    'PLUGIN_MIN_PORT',
    'PLUGIN_MAX_PORT',
    'PLUGIN_PROTOCOL_VERSIONS',
    'PLUGIN_MULTIPLEX_GRPC',
    'PLUGIN_CLIENT_CERT',
    'PLUGIN_UNIX_SOCKET_DIR',
    'PLUGIN_UNIX_SOCKET_GROUP',
    'plugin_client_cert',
  ])('env may not set %s', (name) => {
    expect(complaints({ ...least, env: { [name]: '1' } })).toEqual([
      `env.${name} belongs to the go-plugin protocol and is set by the host`,
    ]);
  });

  it('env may not set the token by which a host knows its processes', () => {
    expect(complaints({ ...least, env: { ESPALIER_TOKEN: 'x' } })).toEqual([
      'env.ESPALIER_TOKEN tells a host its own processes and is set by it',
    ]);
  });

  it('takes no number that is not finite', () => {
    const yaml = 'id: abc\nserver: {}\nsupervision: { deadlines: { startMs: .inf, hookMs: .nan } }\n';
    expect(complaints(yaml, 'plugin.yaml')).toEqual([
      'supervision.deadlines.startMs must be a finite number',
      'supervision.deadlines.hookMs must be a finite number',
    ]);
  });

  it.each(['1', '1.0', 'v1.2.3', '1.0.0rc1', '2024.1.dev0'])('version may be %s', (version) => {
    expect(accept({ ...least, version }).version).toBe(version);
  });

  it('requires names each plugin once', () => {
    expect(accept({ ...least, requires: ['abc', 'ABC'] }).requires).toEqual(['abc']);
  });
});

describe('the Python settings', () => {
  const python = (settings: object) => accept({ ...least, server: { python: settings } }).server.python;

  it.each([
    [{ requirements_path: 'deps.txt' }, { dependency_mode: 'venv', requirements_path: 'deps.txt' }],
    [{ venv_path: 'env' }, { dependency_mode: 'venv', venv_path: 'env' }],
    [
      { dependency_mode: 'system', requirements_path: 'deps.txt' },
      { dependency_mode: 'system', requirements_path: 'deps.txt' },
    ],
    [{}, undefined],
  ])('%j are read as %j', (settings, read) => {
    expect(python(settings)).toEqual(read);
  });
});

describe('the place of a problem', () => {
  it('is that of the value in JSON', () => {
    const text =
      '{\n  "id": "com.example.hello",\n  "server": {\n    "runtime": "ruby",\n\t"executable": 12\n  }\n}\n';
    expect(refuse(text, '/p/hello/plugin.json').message).toBe(
      '/p/hello/plugin.json:4:16: server.runtime must be one of python, node, executable, go; ' +
        '/p/hello/plugin.json:5:16: server.executable must be a string',
    );
  });

  it('is that of the value in YAML', () => {
    const text = '# greets\nid: com.example.hello\r\nserver:\n  args:\n    - one\n    -  [two]\n';
    expect(refuse(text, 'plugin.yaml').facts.problems).toEqual([
      { line: 6, column: 8, path: 'server.args.1', message: 'must be a string' },
    ]);
  });

  it('is that of the object around a field that is missing', () => {
    expect(refuse('{\n  "server": {}\n}').message).toBe('plugin.json:1:1: id is missing');
  });

  it('is that of the first use, where an alias stands for the value', () => {
    const text = 'id: abc\nprops:\n  x: &x { executable: 1 }\nserver: *x\n';
    expect(refuse(text, 'plugin.yaml').message).toBe('plugin.yaml:3:23: server.executable must be a string');
  });

  it('is the beginning of a manifest that is no object', () => {
    expect(refuse('[]').message).toBe('plugin.json:1:1: the manifest must be an object');
    expect(refuse('', 'plugin.yaml').message).toBe('plugin.yaml:1:1: the manifest must be an object');
    expect(refuse('just text', 'plugin.yaml').message).toBe(
      'plugin.yaml:1:1: the manifest must be an object',
    );
  });

  it('is named for the first three of many, and all are facts', () => {
    const error = refuse('{\n"id": 1,\n"name": 2,\n"version": 3,\n"server": 4,\n"requires": 5\n}');
    expect(error.message).toBe(
      'plugin.json:2:7: id must be a string; plugin.json:3:9: name must be a string; ' +
        'plugin.json:4:12: version must be a string; and 2 more',
    );
    expect(error.facts.problems).toHaveLength(5);
  });
});

describe('broken JSON', () => {
  it.each([
    ['{\n  "id": "abc",\n}', '3:1', 'unexpected }, a key in double quotes was expected'],
    [
      '{\n  "id": "abc"\n  "name": "x"\n}',
      '3:3',
      'unexpected "name", a comma or a closing bracket was expected',
    ],
    ['{ "id" "abc" }', '1:8', 'unexpected "abc", a colon was expected'],
    ["{ 'id': 1 }", '1:3', 'JSON strings stand in double quotes'],
    ['{ id: 1 }', '1:3', 'unexpected id'],
    ['{\n  // the id\n  "id": 1 }', '2:3', 'JSON has no comments'],
    [
      '{ "id": "ab\nc" }',
      '1:9',
      'a string that is not closed, or holds a raw control character or a wrong escape',
    ],
    [
      '{ "id": "a\\x" }',
      '1:9',
      'a string that is not closed, or holds a raw control character or a wrong escape',
    ],
    ['{ "a": [1, 2,] }', '1:14', 'unexpected ], a value was expected'],
    ['{ "a": 01 }', '1:9', 'unexpected 1, a comma or a closing bracket was expected'],
    ['{ "id": "abc" }\n}', '2:1', 'unexpected }, the end was expected'],
    ['{ "id": "abc"\n\n', '1:14', 'the text ends too early, a comma or a closing bracket was expected'],
    ['', '1:1', 'the text ends too early, a value was expected'],
    ['id: abc\n', '1:1', 'unexpected id'],
    ['{"id": NaN}', '1:8', 'unexpected NaN'],
    ['{\n"id": "abc",\n"id": "abd"\n}', '3:1', 'this key was given before'],
    ['{"server": {"args": [], "runtime": "node",\n "args": []}}', '2:2', 'this key was given before'],
  ])('%j is wrong at %s: %s', (text, place, message) => {
    expect(refuse(text).message).toBe(`plugin.json:${place}: ${message}`);
  });
});

describe('broken YAML', () => {
  it.each([
    ['id: abc\nserver:\n\truntime: node\n', '3:1', 'Tabs are not allowed as indentation'],
    ['id: "abc\nserver: {}\n', '3:1', 'Missing closing "quote'],
    ['id: abc\nid: abd\n', '2:1', 'this key was given before'],
    ['id: abc\nserver: *s\n', '2:9', 'this alias has no anchor before it, or lies in its own anchor'],
    [
      'id: abc\nprops: &p\n  again: *p\n',
      '3:10',
      'this alias has no anchor before it, or lies in its own anchor',
    ],
  ])('%j is wrong at %s: %s', (text, place, message) => {
    expect(refuse(text, 'plugin.yaml').message).toBe(`plugin.yaml:${place}: ${message}`);
  });

  it('names every problem of the text', () => {
    const error = refuse('id: abc\nid: abd\nserver: {}\nserver: {}\n', 'plugin.yaml');
    expect(error.facts.problems).toHaveLength(2);
  });

  it('refuses more than one document', () => {
    expect(refuse('id: abc\n---\nid: abd\n', 'plugin.yaml').message).toMatch(
      /^plugin\.yaml:2:1: .*multiple documents/,
    );
  });
});

describe('YAML numbers', () => {
  it('keep their spelling where a text is wanted', () => {
    const yaml =
      'id: 12345\nversion: 1.10\nserver:\n  python_version: 3.10\nenv:\n  PORT: 0080\n  DEBUG: true\n';
    expect(accept(yaml, 'plugin.yaml')).toMatchObject({
      id: '12345',
      version: '1.10',
      server: { python_version: '3.10' },
      env: { PORT: '0080', DEBUG: 'true' },
    });
  });

  it('stay numbers where a number is wanted', () => {
    const yaml = 'id: abc\nserver: {}\nsupervision: { deadlines: { startMs: 1e3 } }\nprops: { n: 3.10 }\n';
    expect(accept(yaml, 'plugin.yaml')).toMatchObject({
      supervision: { deadlines: { startMs: 1000 } },
      props: { n: 3.1 },
    });
  });
});

describe('a hostile manifest', () => {
  const many = 50_000;
  const keys = (count: number) => Array.from({ length: count }, (_, index) => `k${index}: 1`).join('\n');
  const chain = (count: number) =>
    Array.from({ length: count }, (_, index) => `${'  '.repeat(index)}a:\n`).join('');
  const tooDeep = 'this is nested more than 64 levels deep';
  const tooMany = 'the text has more than 10000 tokens of YAML';
  const structuredKey = 'a key must be plain text';

  it.each([
    ['brackets without end', `{"id":"abc","props":${'['.repeat(many)}`, tooDeep],
    ['nested lists', `{"props":{"a":${'['.repeat(many)}${']'.repeat(many)}}}`, tooDeep],
    ['nested objects', `${'{"a":'.repeat(many)}1${'}'.repeat(many)}`, tooDeep],
    ['very many values', `[${'1,'.repeat(60_000)}1]`, 'the text has more than 50000 keys and values'],
    [
      'very many keys',
      JSON.stringify(Object.fromEntries(Array.from({ length: 30_000 }, (_, index) => [`k${index}`, 1]))),
      'the text has more than 50000 keys and values',
    ],
    ['a longer text', ' '.repeat(1024 * 1024 + 1), 'the text is longer than 1048576 characters'],
    ['a string that is not closed', `"${'\\n'.repeat(400_000)}`, 'a string that is not closed'],
  ])('of JSON with %s is refused', (_, text, message) => {
    expect(refuse(text).message).toContain(message);
  });

  it.each([
    ['brackets', `id: abc\nprops: ${'['.repeat(many)}${']'.repeat(many)}\n`, tooDeep],
    ['3,000 objects within one another', `${'{a: '.repeat(3000)}1${'}'.repeat(3000)}`, tooDeep],
    ['blocks', chain(500), tooDeep],
    ['blocks just too deep', chain(65), tooDeep],
    ['lists in one line', `id: abc\nprops:\n ${'- '.repeat(many)}x\n`, tooDeep],
    ['lists and brackets mixed', `${'- '.repeat(40)}${'['.repeat(40)}${']'.repeat(40)}`, tooDeep],
    ['colons in brackets', `{"a" ${': '.repeat(4000)}`, 'there is a second ":" in one item'],
    ['nested keys', '? '.repeat(180), 'a key after "?" is not read'],
    ['a nested key in brackets', '{? {? a: b}: c}', 'a key after "?" is not read'],
    ['lists as keys', `${'['.repeat(60)}a${']: 1'.repeat(60)}`, structuredKey],
    ['objects as keys', '{{a: b}: c}', structuredKey],
    ['an alias as a key', 'a: &a b\n*a : c\n', structuredKey],
    ['very many keys', keys(3000), tooMany],
    ['very many commas', `[${','.repeat(many)}]`, tooMany],
    ['very many empty lines', '\n'.repeat(many), tooMany],
    ['very many comments', '#\n'.repeat(many), tooMany],
    ['very many anchors', '- &a x\n'.repeat(many), tooMany],
    ['very many directives', '%YAML 1.2\n'.repeat(many), tooMany],
    ['very many documents', '---\n'.repeat(many), tooMany],
    ['very many aliases', `a: &a x\nb:\n${'- *a\n'.repeat(40_000)}`, 'the text has more than 100 aliases'],
    [
      'aliases that multiply',
      `a: &a [1,1,1,1,1,1,1,1,1,1]\n${Array.from(
        'bcdefgh',
        (name, index) =>
          `${name}: &${name} [${Array(10)
            .fill(`*${'abcdefg'.charAt(index)}`)
            .join(',')}]`,
      ).join('\n')}`,
      'Excessive alias count',
    ],
    [
      'merges, under a directive that would turn them on,',
      '%YAML 1.1\n---\nid: abc\nserver: &s {executable: x}\nx: &x {id: 1}\nsupervision: {<<: *x}\n',
      'supervision.<< is not known',
    ],
  ])('of YAML with %s is refused', (_, text, message) => {
    expect(refuse(text, 'plugin.yaml').message).toContain(message);
  });

  it.each([
    ['JSON', `{"id":"abc","server":{},"props":${'{"a":'.repeat(62)}{}${'}'.repeat(62)}}`, 'plugin.json'],
    [
      'JSON with many values',
      JSON.stringify({ ...least, props: { a: Array(40_000).fill(1) } }),
      'plugin.json',
    ],
    ['YAML', `id: abc\nserver: {}\nprops:\n${chain(60).replace(/^/gm, ' ')}`, 'plugin.yaml'],
    ['YAML with many keys', `id: abc\nserver: {}\n${keys(1400)}\n`, 'plugin.yaml'],
    [
      'YAML with a long text',
      `id: abc\nserver: {}\ndescription: |\n${'  [a {b\n'.repeat(many)}`,
      'plugin.yaml',
    ],
    [
      'YAML with many brackets in texts',
      `id: abc\nserver: {}\nprops:\n a:\n${'  - "[{"\n'.repeat(1000)}`,
      'plugin.yaml',
    ],
  ])('that is only large is read: %s', (_, text, file) => {
    expect(accept(text, file).server).toBeDefined();
  });

  it('has a bounded error, however much is wrong with it', () => {
    const unknown = Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, 1]));
    const { message, facts } = refuse({ ...least, limits: unknown });
    expect(message).toMatch(/limits\.key2 is not known; and \d+ more$/);
    expect(facts.problems).toHaveLength(100);
    expect(refuse(`[${'] '.repeat(3000)}`, 'plugin.yaml').facts.problems).toHaveLength(100);
  });

  it('of any characters is a value or an error', () => {
    const pieces = [
      '? ',
      '- ',
      ': ',
      'a',
      '&a ',
      '*a',
      '[',
      ']',
      '{',
      '}',
      ',',
      '\n',
      ' ',
      '"',
      "'",
      '|',
      '>',
      '#',
      '%',
      '---\n',
      '!!str ',
      '\t',
      '\r',
      '\ufeff',
      '\u0000',
      '<<: ',
    ];
    const text = fc.array(fc.constantFrom(...pieces), { maxLength: 60 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, fc.constantFrom('plugin.yaml', 'plugin.json'), (parts, file) => {
        const parsed = parseManifest(parts, file);
        expect(parsed.ok || parsed.error.code === 'MANIFEST_INVALID').toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  it('with a key named __proto__ pollutes nothing', () => {
    const manifest = accept(
      '{"id":"abc","server":{},"env":{"__proto__":"x"},"props":{"__proto__":{"runtime":"python"}}}',
    );
    expect(manifest.props?.runtime).toBeUndefined();
    expect(({} as Record<string, unknown>).runtime).toBeUndefined();
  });
});
