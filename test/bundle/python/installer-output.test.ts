import { installerHint, installerProgress } from '../../../src/bundle/index.js';

describe('a line of an installer', () => {
  it.each([
    ['Collecting grpcio>=1.60 (from -r requirements.txt (line 1))'],
    ['Processing ./helper'],
    ['Installing collected packages: grpcio'],
    ['Successfully installed grpcio-1.60'],
    ['ERROR: No matching distribution found for nope'],
    ['Resolved 5 packages in 3ms'],
    ['+ helper==1.0 (from file:///helper)'],
  ])('is told: %s', (line) => {
    expect(installerProgress(`  ${line}\r`)).toBe(line);
  });

  it.each([
    '',
    '     ━━━━━━━━━━━━ 5.6/5.6 MB 10.1 MB/s eta 0:00:00',
    'Requirement already satisfied: grpcio in ./venv',
    '  Getting requirements to build wheel: started',
    "  Building wheel for helper (pyproject.toml): finished with status 'done'",
    'Building wheels for collected packages: helper',
    'Looking in links: /opt/wheels',
  ])('is not worth telling: %s', (line) => {
    expect(installerProgress(line)).toBeNull();
  });

  it('is told without colours, and shortened', () => {
    expect(installerProgress('\u001b[1;31mERROR\u001b[0m: \u0007no')).toBe('ERROR:  no');
    expect(installerProgress(`Collecting ${'x'.repeat(1000)}`)).toHaveLength(200);
  });
});

describe('the hint for a failed installer', () => {
  it.each([
    [
      'The virtual environment was not created successfully because ensurepip is not available.',
      /python3-venv/,
    ],
    ['/usr/bin/python3: No module named venv', /python3-venv/],
    ['/venv/bin/python: No module named pip', /no pip/],
    ['OSError: [Errno 28] No space left on device', /room on the disk/],
    [
      'NewConnectionError(...): Failed to establish a new connection: [Errno -3] Temporary failure in name resolution',
      /network/,
    ],
    ['error: Failed to fetch\n  Caused by: dns error', /network/],
    ['ERROR: No matching distribution found for nope==9', /no release/],
    ['  × No solution found when resolving dependencies', /no release/],
    ["error: command 'gcc' failed: No such file or directory", /compiler/],
    ["ERROR: Could not open requirements file: [Errno 2] No such file or directory: 'x'", /not there/],
    ['something new', /outputTail/],
  ])('%s', (tail, hint) => {
    expect(installerHint(tail)).toMatch(hint);
  });
});
