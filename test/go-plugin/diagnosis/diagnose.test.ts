import fc from 'fast-check';
import { diagnose, lastPrinted } from '../../../src/go-plugin/index.js';
import type { DiagnosisFacts } from '../../../src/go-plugin/index.js';

const venv = '/b/venv/bin/python';

function advice(facts: Partial<DiagnosisFacts>): string {
  return diagnose({
    stderrTail: '',
    hasServed: false,
    exitCode: 1,
    signal: null,
    runtime: 'python',
    interpreter: facts.runtime === 'executable' ? undefined : venv,
    entry: facts.runtime === 'executable' ? '/b/plugin' : '/b/plugin.py',
    cookieKey: 'BASIC_PLUGIN',
    hostArch: 'x64',
    hostPlatform: 'linux',
    ...facts,
  });
}

describe('a Python plugin', () => {
  const traceback =
    'Traceback (most recent call last):\n  File "/b/plugin.py", line 3, in <module>\n    import x\n';

  it.each<[string, string, string[]]>([
    [
      'lacks a module',
      `${traceback}ModuleNotFoundError: No module named 'requests'\n`,
      ['"requests"', '"/b/venv/bin/python"', 'requirements.txt', '`espalier prepare`'],
    ],
    [
      'lacks gRPC, whose package has another name',
      `${traceback}ModuleNotFoundError: No module named 'grpc'\n`,
      ['"grpc"', 'the package grpcio', '`espalier prepare`'],
    ],
    [
      'lacks the health service of gRPC',
      `${traceback}ModuleNotFoundError: No module named 'grpc_health.v1'\n`,
      ['"grpc_health.v1"', 'grpcio-health-checking'],
    ],
    [
      'lacks the module that it is started as',
      `${venv}: No module named hello_plugin\n`,
      ['"hello_plugin"', '`espalier prepare`'],
    ],
    [
      'lacks the package of the module that it is started as',
      `${venv}: Error while finding module specification for 'a.b' (ModuleNotFoundError: No module named 'a')\n`,
      ['"a"'],
    ],
    [
      'lacks its generated code',
      `${traceback}ModuleNotFoundError: No module named 'kv_pb2_grpc'\n`,
      ['"kv_pb2_grpc"', 'grpc_tools.protoc', '.proto'],
    ],
    [
      'has a virtual environment whose Python is gone',
      "Fatal Python error: init_fs_encoding\nModuleNotFoundError: No module named 'encodings'\n",
      ['standard library', '`espalier prepare`', 'PYTHONHOME'],
    ],
    [
      'has a package that was compiled for another Python',
      `${traceback}ImportError: cannot import name 'cygrpc' from 'grpc._cython' (/b/venv/x.py)\n`,
      ['compiled Python package', 'delete the virtual environment', '`espalier prepare`'],
    ],
    [
      'has a package that was compiled for another machine',
      `${traceback}ImportError: /b/venv/x.so: invalid ELF header\n`,
      ['compiled Python package', '`espalier prepare`'],
    ],
    [
      'has code that was generated for a newer gRPC',
      `${traceback}RuntimeError: The grpc package installed is at version 1.51.1, but the generated code in kv_pb2_grpc.py depends on grpcio>=1.63.0. Please upgrade\n`,
      ['"kv_pb2_grpc.py"', 'grpcio>=1.63.0', '1.51.1 is installed', '`espalier prepare`'],
    ],
    [
      'has code that was generated for a newer protobuf',
      `${traceback}google.protobuf.runtime_version.VersionError: Detected incompatible Protobuf Gencode/Runtime versions when loading kv.proto\n`,
      ['protobuf package', 'generate it again'],
    ],
    [
      'has a package of the wrong version',
      `${traceback}ImportError: cannot import name 'Self' from 'typing' (/usr/lib/typing.py)\n`,
      ['"typing"', '"Self"', 'requirements.txt'],
    ],
    [
      'lacks its script',
      `${venv}: can't open file '/b/plugin.py': [Errno 2] No such file or directory\n`,
      ['cannot find the script "/b/plugin.py"', 'server.executable'],
    ],
    [
      'may not read its script',
      `${venv}: can't open file '/b/plugin.py': [Errno 13] Permission denied\n`,
      ['may not read "/b/plugin.py"', 'read permission'],
    ],
    [
      'is a directory',
      `${venv}: can't find '__main__' module in '/b'\n`,
      ['"/b" is a directory', 'server.executable'],
    ],
    [
      'has a syntax error',
      '  File "/b/plugin.py", line 1\n    def f(:\n          ^\nSyntaxError: invalid syntax\n',
      ['"/b/plugin.py", line 1', 'SyntaxError: "invalid syntax"', 'server.python_version'],
    ],
    [
      'has a syntax error in what it imports',
      `${traceback}  File "/b/kv.py", line 7\n    match x:\n          ^\nSyntaxError: invalid syntax\n`,
      ['"/b/kv.py", line 7'],
    ],
    [
      'mixes tabs and spaces',
      '  File "/b/plugin.py", line 3\n    pass\nTabError: inconsistent use of tabs and spaces in indentation\n',
      ['line 3', 'TabError'],
    ],
    [
      'ends with some other exception',
      `${traceback}KeyError: 'x'\n\nDuring handling of the above exception, another exception occurred:\n\nTraceback (most recent call last):\n  File "/b/plugin.py", line 3, in <module>\n    main()\n  File "/b/kv.py", line 9, in main\n    raise E\nRuntimeError: no store\n`,
      ['"RuntimeError: no store"', 'in "/b/kv.py", line 9'],
    ],
    [
      'lacks a system library',
      `${traceback}ImportError: libpq.so.5: cannot open shared object file: No such file or directory\n`,
      ['"libpq.so.5"', 'system package'],
    ],
    [
      'does not find its cookie in the environment',
      `${traceback}KeyError: 'BASIC_PLUGIN'\n`,
      ['"BASIC_PLUGIN"', '--cookie KEY=VALUE'],
    ],
    [
      'finds its port taken',
      `${traceback}OSError: [Errno 98] Address already in use\n`,
      ['is taken', 'PLUGIN_UNIX_SOCKET_DIR', 'free port'],
    ],
    [
      'finds its port taken, as grpcio says it',
      `${traceback}RuntimeError: Failed to bind to address 127.0.0.1:50051; set GRPC_VERBOSITY=debug environment variable to see detailed error message.\n`,
      ['cannot listen on "127.0.0.1:50051"'],
    ],
    [
      'has a socket path that is too long',
      `${traceback}OSError: AF_UNIX path too long\n`,
      ['too long', 'TMPDIR'],
    ],
    [
      'may not open a file',
      `${traceback}PermissionError: [Errno 13] Permission denied: '/var/lib/store'\n`,
      ['may not use "/var/lib/store"', 'permission'],
    ],
    ['has no memory left', `${traceback}MemoryError\n`, ['ran out of memory', 'limit']],
    [
      'dies in native code',
      'Fatal Python error: Segmentation fault\n\nCurrent thread 0x1 (most recent call first):\n',
      ['"Fatal Python error: Segmentation fault"', 'trace'],
    ],
  ])('that %s gets that diagnosis', (_, stderrTail, words) => {
    expectAll(advice({ stderrTail }), words);
  });

  it('gets a diagnosis without the name of its interpreter where that is unknown', () => {
    expect(
      advice({ interpreter: undefined, stderrTail: "ModuleNotFoundError: No module named 'yaml'" }),
    ).toBe(
      `The plugin printed "ModuleNotFoundError: No module named 'yaml'", so probably the Python module "yaml" is missing from the interpreter: list the package PyYAML in requirements.txt and run \`espalier prepare\` on the plugin directory.`,
    );
  });
});

describe('a Node plugin', () => {
  it.each<[string, string, string[]]>([
    [
      'lacks its script',
      "Error: Cannot find module '/b/dist/plugin.js'\n    at Module._resolveFilename\n",
      ['the file "/b/dist/plugin.js"', 'build the plugin', 'server.executable'],
    ],
    [
      'lacks a package',
      "Error: Cannot find module '@grpc/grpc-js'\nRequire stack:\n- /b/plugin.js\n",
      ['the package "@grpc/grpc-js"', 'npm'],
    ],
    [
      'lacks a package, as modules say it',
      "Error [ERR_MODULE_NOT_FOUND]: Cannot find package 'ws' imported from /b/plugin.mjs\n",
      ['the package "ws"', 'npm'],
    ],
    [
      'is taken for CommonJS',
      "import x from 'y'\n^^^^^^\nSyntaxError: Cannot use import statement outside a module\n",
      ['.mjs', '"type"'],
    ],
    [
      'cannot be parsed',
      '/b/plugin.js:1\nlet (\n\nSyntaxError: Unexpected end of input\n',
      ['"Unexpected end of input"'],
    ],
    ['finds its port taken', 'Error: listen EADDRINUSE: address already in use :::50051\n', ['is taken']],
    ['may not listen', 'Error: listen EACCES: permission denied /srv/p.sock\n', ['permission']],
    [
      'has no memory left',
      'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory\n',
      ['ran out of memory'],
    ],
    [
      'has no memory for what V8 reserves',
      '#\n# Fatal process out of memory: Failed to reserve virtual memory for CodeRange\n#\n',
      ['reserve 512 MiB', 'raise limits.memoryBytes'],
    ],
    [
      'has no memory for a buffer',
      "RangeError: Failed to allocate memory\n    at x {\n  code: 'ERR_MEMORY_ALLOCATION_FAILED'\n}\n\nNode.js v24.21.0\n",
      ['ran out of memory'],
    ],
    ['dies in V8', '#\n# Fatal JavaScript out of memory: Zone\n#\n', ['ran out of memory']],
  ])('that %s gets that diagnosis', (_, stderrTail, words) => {
    expectAll(
      advice({ runtime: 'node', interpreter: '/usr/bin/node', entry: '/b/plugin.js', stderrTail }),
      words,
    );
  });
});

describe('a program', () => {
  const elfFor = (arch: string) => ({ format: 'elf', arch }) as const;

  it.each<[string, Partial<DiagnosisFacts>, string[]]>([
    [
      'that expects another cookie',
      {
        stderrTail:
          'This binary is a plugin. These are not meant to be executed directly.\nPlease execute the program that consumes these plugins',
      },
      ['magic cookie', 'this host sends "BASIC_PLUGIN"', '--cookie KEY=VALUE', 'handshake option'],
    ],
    [
      'that names the problem itself',
      { stderrTail: 'error: this program is a plugin and is supposed to be started by its host' },
      ['magic cookie', '--cookie'],
    ],
    [
      'that was built without a cookie',
      {
        stderrTail:
          'Misconfigured ServeConfig given to serve this plugin: no magic cookie\nkey or value was set.',
      },
      ['built without a magic cookie', 'MagicCookieKey'],
    ],
    [
      'that lacks a library',
      {
        exitCode: 127,
        stderrTail:
          '/b/plugin: error while loading shared libraries: libssl.so.3: cannot open shared object file: No such file or directory',
      },
      ['"libssl.so.3"', 'statically'],
    ],
    [
      'that lacks a library under musl',
      {
        exitCode: 127,
        stderrTail:
          'Error loading shared library libgcc_s.so.1: No such file or directory (needed by /b/plugin)',
      },
      ['"libgcc_s.so.1"'],
    ],
    [
      'that lacks a library on macOS',
      {
        signal: 'SIGABRT',
        exitCode: null,
        hostPlatform: 'darwin',
        stderrTail: 'dyld[12]: Library not loaded: @rpath/libz.dylib\n  Referenced from: /b/plugin',
      },
      ['"@rpath/libz.dylib"'],
    ],
    [
      'that needs a newer C library',
      {
        stderrTail:
          "/b/plugin: /lib/x86_64-linux-gnu/libc.so.6: version `GLIBC_2.38' not found (required by /b/plugin)",
      },
      ['GLIBC_2.38', 'older system'],
    ],
    [
      'that is for another processor',
      { exitCode: 2, executable: elfFor('arm64'), stderrTail: './plugin: 1: Syntax error: "(" unexpected' },
      ['"/b/plugin"', 'built for arm64', 'this machine is linux-x64', 'server.executables'],
    ],
    [
      'that is for Windows',
      { exitCode: 127, executable: { format: 'pe', arch: 'x64' } },
      ['x64 Windows', 'linux-x64'],
    ],
    [
      'that is for macOS',
      { exitCode: 127, executable: { format: 'macho', arch: 'universal' } },
      ['macOS', 'linux-x64'],
    ],
    [
      'that is for Linux, on macOS',
      { exitCode: 127, executable: elfFor('x64'), hostPlatform: 'darwin', hostArch: 'x64' },
      ['Linux', 'darwin-x64'],
    ],
    [
      'that a shell could not execute',
      { exitCode: 126, stderrTail: 'sh: ./plugin: cannot execute binary file: Exec format error' },
      ['not built for this machine', 'linux-x64'],
    ],
    [
      'that is no program',
      { exitCode: 127, executable: null, stderrTail: './plugin: 1: : not found' },
      ['neither a program nor a script', '#! line'],
    ],
    [
      'that is no program, of which the shell says nothing',
      { exitCode: 126, executable: null },
      ['neither a program nor a script'],
    ],
    [
      'that is a Python script without a first line',
      {
        exitCode: 2,
        entry: '/b/plugin.py',
        executable: null,
        stderrTail: '/b/plugin.py: 1: import: not found\n/b/plugin.py: 2: Syntax error: word unexpected',
      },
      ['"/b/plugin.py" is neither', 'set server.runtime to python'],
    ],
    [
      'with Windows line ends',
      {
        exitCode: 127,
        executable: { format: 'script', interpreter: '/usr/bin/env python3' },
        stderrTail: '/usr/bin/env: ‘python3\\r’: No such file or directory\n',
      },
      ['carriage return', 'LF'],
    ],
    [
      'whose interpreter is not on its path',
      { exitCode: 127, stderrTail: '/usr/bin/env: ‘python3’: No such file or directory\n' },
      ['"python3"', 'PATH', '#! line'],
    ],
    [
      'that calls a command that is not there',
      { exitCode: 127, stderrTail: './plugin: 2: serve: not found' },
      ['exit code 127', 'PATH'],
    ],
    ['that may not be executed by a shell', { exitCode: 126 }, ['chmod +x']],
    [
      'that panics',
      { exitCode: 2, stderrTail: 'x\npanic: assignment to entry in nil map\n\ngoroutine 1 [running]:\n' },
      ['"panic: assignment to entry in nil map"', 'trace'],
    ],
    [
      'that finds its socket directory closed to it',
      {
        exitCode: 0,
        stderrTail: '[ERROR] plugin init error: listen unix /x/plugin1: bind: permission denied',
      },
      ['permission'],
    ],
    [
      'that finds its address taken, as Go says it',
      { stderrTail: 'listen tcp 127.0.0.1:10000: bind: address already in use' },
      ['is taken'],
    ],
    [
      'that ends well but says nothing',
      { exitCode: 0 },
      ['without a handshake line', 'keep serving', 'Go plugin'],
    ],
    [
      'that prints something else',
      { exitCode: 0, stdoutLines: ['', 'PASS'] },
      ['"PASS"', 'no handshake line', 'right arguments'],
    ],
    [
      'that runs and says nothing',
      { exitCode: null },
      ['has printed no handshake line', 'flush stdout', 'deadline'],
    ],
    [
      'that ends with a code and a last line',
      { exitCode: 3, stderrTail: 'first\nconfig missing\n\n' },
      ['exit code 3', 'last printed "config missing"', '`espalier check`'],
    ],
    [
      'in Node that throws',
      {
        exitCode: 1,
        stderrTail:
          "node:fs:573\n  return binding.open(\n\nError: ENOENT: no such file, open 'health.proto'\n    at Object.openSync (node:fs:573:18) {\n  code: 'ENOENT'\n}\n\nNode.js v20.20.2\n",
      },
      [`last printed "Error: ENOENT: no such file, open 'health.proto'"`],
    ],
    [
      'in Node that throws something without a name',
      { exitCode: 1, stderrTail: 'boom\n(Use `node --trace-uncaught ...`)\n\nNode.js v20.20.2\n' },
      ['last printed "Node.js v20.20.2"'],
    ],
    [
      'that ends with a code and no output',
      { exitCode: 3 },
      ['exit code 3', 'printed nothing on stderr', '`espalier check`', '"BASIC_PLUGIN"'],
    ],
    [
      'that ends well after its line',
      { exitCode: 0, stdoutLines: ['1|1|unix|/p|grpc|'] },
      ['exit code 0', '`espalier check`'],
    ],
  ])('%s gets that diagnosis', (_, facts, words) => {
    expectAll(advice({ runtime: 'executable', ...facts }), words);
  });

  it('without a #! line gets another diagnosis when the shell did not fail', () => {
    const facts = { runtime: 'executable', executable: null, exitCode: 4, stderrTail: 'no store' } as const;
    expect(advice(facts)).toContain('last printed "no store"');
  });

  it('is not compared with the machine when it is a script with an interpreter', () => {
    expect(advice({ executable: null, exitCode: 127 })).toContain('exit code 127');
  });

  it.each<[string, string, string]>([
    ['ia32', 'x64', 'linux'],
    ['arm', 'arm64', 'linux'],
    ['universal', 'arm64', 'darwin'],
    ['x64', 'arm64', 'darwin'],
    ['x64', 'arm64', 'win32'],
    ['ia32', 'arm64', 'win32'],
    ['unknown', 'x64', 'linux'],
  ])('for %s is no cause on %s %s, which can run it', (arch, hostArch, hostPlatform) => {
    const format = hostPlatform === 'darwin' ? 'macho' : hostPlatform === 'win32' ? 'pe' : 'elf';
    expect(advice({ runtime: 'executable', executable: { format, arch }, hostArch, hostPlatform })).toContain(
      'exit code 1',
    );
  });

  it.each<[string, string, string]>([
    ['x64', 'arm64', 'linux'],
    ['ia32', 'arm64', 'linux'],
    ['arm64', 'x64', 'darwin'],
    ['x64', 'ia32', 'linux'],
  ])('for %s is the cause on %s %s, which cannot run it', (arch, hostArch, hostPlatform) => {
    const format = hostPlatform === 'darwin' ? 'macho' : 'elf';
    expect(advice({ runtime: 'executable', executable: { format, arch }, hostArch, hostPlatform })).toContain(
      `built for ${arch}`,
    );
  });
});

describe('a plugin that was ended by a signal', () => {
  it.each<[string, string[]]>([
    ['SIGKILL', ['SIGKILL', 'lack of memory', 'dmesg']],
    ['SIGSEGV', ['SIGSEGV', 'PYTHONFAULTHANDLER=1']],
    ['SIGTRAP', ['SIGTRAP', 'stderr']],
    ['SIGBUS', ['SIGBUS', 'disk']],
    ['SIGILL', ['SIGILL', 'processor']],
    ['SIGABRT', ['SIGABRT', 'stderr']],
    ['SIGFPE', ['SIGFPE', 'native code']],
    ['SIGSYS', ['SIGSYS', 'seccomp']],
    ['SIGPIPE', ['SIGPIPE', 'without a reader']],
    ['SIGTERM', ['SIGTERM', 'what else manages']],
    ['SIGINT', ['SIGINT', 'ignore SIGINT']],
    ['SIGHUP', ['SIGHUP', 'terminal']],
    ['SIGXCPU', ['processor time', 'limits.cpuSeconds']],
    ['SIGXFSZ', ['SIGXFSZ', 'what sent it']],
  ])('%s gets the meaning of the signal', (signal, words) => {
    expectAll(advice({ exitCode: null, signal }), words);
  });

  it.each([
    [137, 'SIGKILL'],
    [133, 'SIGTRAP'],
    [139, 'SIGSEGV'],
    [134, 'SIGABRT'],
    [132, 'SIGILL'],
    [143, 'SIGTERM'],
  ])('and whose shell exits with %i gets the same diagnosis', (exitCode, signal) => {
    expect(advice({ exitCode })).toBe(advice({ exitCode: null, signal }));
  });

  it.each(['SIGSEGV', 'SIGKILL', 'SIGTERM'])(
    '%s is not explained by what it printed, which is quoted',
    (signal) => {
      const stderrTail = 'address already in use, taking 8081\nPermission denied, trying next\n';
      const text = advice({ exitCode: null, signal, stderrTail, hasServed: true });
      expectAll(text, [signal, 'it last printed "Permission denied, trying next"']);
      expect(text).not.toMatch(/probably|is taken|may not use/);
    },
  );

  it.each([
    ['executable', 'core dump'],
    ['node', 'native packages'],
  ] as const)('SIGSEGV as a program of the runtime %s is not told about Python', (runtime, words) => {
    const text = advice({ exitCode: null, signal: 'SIGSEGV', runtime });
    expect(text).toContain(words);
    expect(text).not.toContain('PYTHON');
  });

  it('gets the diagnosis of its stderr first, where it has ended itself', () => {
    expect(
      advice({
        exitCode: null,
        signal: 'SIGABRT',
        stderrTail: "terminate called after throwing an instance of 'std::bad_alloc'",
      }),
    ).toContain('ran out of memory');
  });
});

describe('a plugin whose process was not started', () => {
  it.each<[string, Partial<DiagnosisFacts>, string[]]>([
    [
      'interpreter does not exist',
      { spawnError: 'ENOENT' },
      [`"${venv}" does not exist`, '`espalier prepare`'],
    ],
    [
      'Node does not exist',
      { spawnError: 'ENOENT', runtime: 'node', interpreter: 'node' },
      ['"node" does not exist', 'PATH'],
    ],
    [
      'program does not exist',
      { spawnError: 'ENOENT', runtime: 'executable' },
      ['"/b/plugin" does not exist', 'server.executable'],
    ],
    [
      'program is not even named',
      { spawnError: 'ENOENT', runtime: 'executable', entry: undefined },
      ['The program does not exist'],
    ],
    [
      'interpreter in the #! line does not exist',
      {
        spawnError: 'ENOENT',
        runtime: 'executable',
        executable: { format: 'script', interpreter: '/nope/python' },
      },
      ['is there, but its interpreter "/nope/python" is not'],
    ],
    [
      'loader does not exist',
      { spawnError: 'ENOENT', runtime: 'executable', executable: { format: 'elf', arch: 'x64' } },
      ['the loader', 'static'],
    ],
    [
      'file is not executable',
      { spawnError: 'EACCES', runtime: 'executable' },
      ['"/b/plugin" is executable', 'noexec', 'a directory above it'],
    ],
    [
      'file has no executable bit',
      { spawnError: 'EACCES', runtime: 'executable', file: { isFile: true, hasExecutableBit: false } },
      ['"/b/plugin" may not be executed', 'chmod +x'],
    ],
    [
      'file is a directory',
      { spawnError: 'EACCES', runtime: 'executable', file: { isFile: false, hasExecutableBit: true } },
      ['"/b/plugin" is no file'],
    ],
    [
      'file system is mounted noexec',
      {
        spawnError: 'EACCES',
        runtime: 'executable',
        file: { isFile: true, hasExecutableBit: true },
        executable: { format: 'script', interpreter: '/bin/sh' },
      },
      ['"/b/plugin" is executable', 'noexec', '"/bin/sh"'],
    ],
    [
      'first line ends in a carriage return',
      {
        spawnError: 'ENOENT',
        runtime: 'executable',
        executable: { format: 'script', interpreter: '/bin/sh', endsInCarriageReturn: true },
      },
      ['first line of "/b/plugin"', 'carriage return'],
    ],
    [
      'working directory does not exist',
      { spawnError: 'ENOENT', runtime: 'executable', missingDirectory: '/gone' },
      ['working directory "/gone" does not exist'],
    ],
    ['file is being written', { spawnError: 'ETXTBSY' }, ['open for writing', 'renaming']],
    ['environment is too large', { spawnError: 'E2BIG' }, ['too large', '128 KiB']],
    ['machine is full', { spawnError: 'EAGAIN' }, ['no room', 'EAGAIN', 'limit']],
    ['error is a rare one', { spawnError: 'EIO' }, ['EIO', 'by hand']],
  ])('because the %s gets that diagnosis', (_, facts, words) => {
    expectAll(advice({ exitCode: null, ...facts }), words);
  });
});

describe('a program under limits that prlimit could not execute', () => {
  const limited = { runtime: 'executable', limits: { openFiles: 9 } } as const;

  it('does not exist, or its interpreter does not', () => {
    const stderrTail = 'prlimit: failed to execute /b/plugin: No such file or directory\n';
    const executable = { format: 'script', interpreter: '/nope' } as const;
    expect(advice({ ...limited, exitCode: 127, stderrTail, executable })).toContain(
      'its interpreter "/nope"',
    );
  });

  it('may not be executed', () => {
    const stderrTail = 'prlimit: failed to execute /b/plugin: Permission denied\n';
    expect(advice({ ...limited, exitCode: 126, stderrTail })).toContain('noexec');
  });

  it('is another one when it exits with another code', () => {
    const stderrTail = 'prlimit: failed to execute /b/x: No such file or directory\nno store\n';
    expect(advice({ ...limited, exitCode: 3, stderrTail })).toContain('last printed "no store"');
  });
});

describe('a plugin that has served', () => {
  const served = { hasServed: true, stdoutLines: ['1|1|unix|/p|grpc|'] };

  it('and exits with 0 has ended by itself, whatever it printed', () => {
    const text = advice({ ...served, exitCode: 0, stderrTail: "No module named 'x'\nPermission denied\n" });
    expectAll(text, ['ended by itself with exit code 0', 'it last printed "Permission denied"', 'transient']);
    expect(text).not.toContain('probably');
  });

  it('is not suspected of a wrong cookie', () => {
    const text = advice({ ...served, exitCode: 3, stderrTail: 'BASIC_PLUGIN: this program is a plugin\n' });
    expect(text).toContain('last printed');
    expect(text).not.toContain('cookie KEY');
  });

  it('and exits with an error is explained by its last lines, as a guess', () => {
    expect(advice({ ...served, exitCode: 1, stderrTail: 'OSError: [Errno 24] Too many open files\n' })).toBe(
      'The plugin printed "OSError: [Errno 24] Too many open files", so probably the plugin had too many open files: raise its limit (ulimit -n), or find what it does not close.',
    );
  });
});

describe('what may explain an end', () => {
  const missing = "serving in the clear: No module named 'cryptography'";

  it.each([
    JSON.stringify({ '@level': 'info', '@message': missing }),
    JSON.stringify({ '@level': 'warn', '@message': missing }),
    JSON.stringify({ level: 30, msg: missing }),
    `INFO:espalier:${missing}`,
    `2026-12-01 10:20:30,123 [INFO] plugin: ${missing}`,
    `time=2026-12-01T10:20:30Z level=INFO msg="${missing}"`,
  ])('is no record at info or warn: %s', (stderrTail) => {
    expect(advice({ exitCode: 3, stderrTail })).not.toContain('probably');
  });

  it('is an error record, which is quoted as its message with its cause', () => {
    const record = {
      '@level': 'error',
      '@message': 'plugin init error',
      error: 'bind: address already in use',
    };
    const text = advice({ exitCode: 3, stderrTail: `${JSON.stringify(record)}\n` });
    expect(text).toContain('printed "plugin init error: bind: address already in use", so probably');
  });

  it('is among the last lines', () => {
    const stderrTail = `Permission denied\n${'serving\n'.repeat(12)}`;
    expect(advice({ exitCode: 3, stderrTail })).toContain('last printed "serving"');
    expect(advice({ exitCode: 3, stderrTail: `Permission denied\n${'  at x\n'.repeat(40)}` })).toContain(
      'probably',
    );
  });

  it('is the report of a crash however long its stack', () => {
    const stack = 'goroutine 1 [running]:\nmain.main()\n'.repeat(20);
    expect(advice({ exitCode: 2, stderrTail: `panic: no store\n${stack}` })).toContain('"panic: no store"');
  });

  it('is no exception that was only logged, unless Python ended with it', () => {
    const stderrTail = `Traceback (most recent call last):\n  File "a.py", line 1\nKeyError: 'x'\ngoing on\n`;
    expect(advice({ exitCode: 3, stderrTail, hasServed: true })).toContain('last printed "going on"');
    expect(advice({ exitCode: 1, stderrTail })).toContain('exception "KeyError');
  });
});

describe('what a plugin printed last', () => {
  it.each([
    ['', null],
    ['\n \n', null],
    ['one\ntwo\n\n', '"two"'],
    ['{"@level":"info","@message":"loading"}\n', '"loading"'],
    ['{"level":"error","msg":"no","err":"disk"}\n', '"no: disk"'],
  ])('of %j is %j', (stderr, expected) => {
    expect(lastPrinted(stderr)).toBe(expected);
  });
});

describe('a Python plugin that runs without a handshake line', () => {
  it('gets a hint about the buffer of its stdout', () => {
    expectAll(advice({ exitCode: null }), ['flush=True', 'PYTHONUNBUFFERED=1']);
  });
});

describe('every diagnosis', () => {
  const phrases = fc.constantFrom(
    'Traceback (most recent call last):\n',
    '  File "a.py", line 1\n',
    'SyntaxError: ',
    "No module named 'x'",
    'PermissionError: ',
    ': cannot open shared object file',
    'BASIC_PLUGIN',
    'panic: ',
    '\u001b[31m',
    '\n',
  );
  const words = fc.oneof(
    fc.array(fc.oneof(phrases, fc.string())).map((parts) => parts.join('')),
    fc.string({ unit: 'binary' }),
  );
  const facts: fc.Arbitrary<DiagnosisFacts> = fc.record({
    stderrTail: words,
    hasServed: fc.boolean(),
    stdoutLines: fc.option(fc.array(words, { maxLength: 3 }), { nil: undefined }),
    exitCode: fc.option(fc.integer({ min: 0, max: 255 })),
    signal: fc.option(fc.constantFrom('SIGKILL', 'SIGSEGV', 'SIGRTMIN')),
    spawnError: fc.option(fc.constantFrom('ENOENT', 'EACCES', 'EIO'), { nil: undefined, freq: 8 }),
    interpreter: fc.option(fc.string(), { nil: undefined }),
    entry: fc.option(fc.string(), { nil: undefined }),
    runtime: fc.constantFrom('python', 'node', 'executable'),
    cookieKey: fc.constantFrom('BASIC_PLUGIN', ''),
    executable: fc.constantFrom(
      null,
      undefined,
      { format: 'elf', arch: 'x64' } as const,
      { format: 'script', interpreter: '\u001b' } as const,
    ),
    hostArch: fc.constantFrom('x64', 'arm64'),
    hostPlatform: fc.constantFrom('linux', 'darwin', 'win32'),
  });

  it('is one printable sentence, for any output of the plugin', () => {
    fc.assert(
      fc.property(facts, (given) => {
        expect(diagnose(given)).toMatch(/^[^\p{Cc}]{30,}\.$/u);
      }),
      { numRuns: 1000 },
    );
  });

  it('is fast for the longest stderr', () => {
    for (const text of [
      'a',
      ' ',
      '\n',
      'PermissionError: ',
      '  File "x", line 1\n',
      ':',
      "can't open file '",
    ]) {
      const started = performance.now();
      advice({ stderrTail: text.repeat(8192 / text.length) });
      expect(performance.now() - started).toBeLessThan(1000);
    }
  });
});

function expectAll(text: string, words: readonly string[]): void {
  expect(words.filter((word) => !text.includes(word)).map((word) => `${text} lacks ${word}`)).toEqual([]);
}
