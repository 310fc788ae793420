import fc from 'fast-check';
import { classifyLine, verbatimLine } from '../../../src/go-plugin/index.js';
import type { LogParseMode } from '../../../src/go-plugin/index.js';
import { logLevels } from '../../../src/model/index.js';

describe('a line of text', () => {
  it.each([
    ['[TRACE] x', 'trace'],
    ['[DEBUG] x', 'debug'],
    ['[INFO] x', 'info'],
    ['[WARN] test line 98765', 'warn'],
    ['[ERROR]', 'error'],
    ['[warn] x', 'debug'],
    [' [WARN] x', 'debug'],
    ['[WARNING] x', 'warn'],
    ['plain', 'debug'],
    // Python's logging, without a format and with usual ones
    ['WARNING:store.index:slow', 'warn'],
    ['CRITICAL:root:gone', 'error'],
    ['INFO::x', 'info'],
    ['2026-12-01 10:20:30,123 [ERROR] store: no disk', 'error'],
    ['2026-12-01 10:20:30,123 - store - WARNING - slow', 'warn'],
    ['2026-12-01 10:20:30 ERROR store: no disk', 'error'],
    ['WARNING: slow', 'warn'],
    // Go: hclog and logutils as text, slog over log, slog and logrus as logfmt, klog
    ['2026-12-01T10:20:30.123Z [WARN]  store: slow: seconds=3', 'warn'],
    ['2026/12/01 10:20:30 [ERROR] no disk', 'error'],
    ['2026/12/01 10:20:30 ERROR no disk path=/x', 'error'],
    ['2026/12/01 10:20:30 listening', 'debug'],
    ['time=2026-12-01T10:20:30.123Z level=ERROR msg="no disk" path=/x', 'error'],
    ['time="2026-12-01T10:20:30Z" level=warning msg=slow', 'warn'],
    ['level=info msg=up', 'info'],
    ['level=loud msg=up', 'debug'],
    ['the level=error is raised by msg=x', 'debug'],
    ['E1201 10:20:30.123456    7 store.go:12] no disk', 'error'],
    ['I0000 00:00:1700000000.123456  12 chttp2.cc:1182] GOAWAY', 'info'],
    // Rust: env_logger and tracing
    ['[2026-12-01T10:20:30Z ERROR store::index] no disk', 'error'],
    ['[WARN store] slow', 'warn'],
    ['2026-12-01T10:20:30.123456Z  WARN store: slow', 'warn'],
    // Node by itself
    ['(node:12) ExperimentalWarning: x', 'warn'],
    ['ERRORS: 0', 'debug'],
    ['INFORMATION', 'debug'],
    ['2026-12-01 ERRORS', 'debug'],
    ['', 'debug'],
    ['panicking: no', 'debug'],
    [' panic: no', 'debug'],
  ])('%j is kept whole at the level %s', (line, level) => {
    expect(classifyLine(line, 'plain')).toEqual({
      entry: { level, message: line, fields: {} },
      mode: 'plain',
    });
  });
});

describe('a record of another logger', () => {
  it.each([
    ['{"level":"error","time":"2026-12-01T10:20:30Z","message":"no disk"}', 'error', 'no disk'],
    ['{"level":50,"time":1700000000000,"pid":7,"hostname":"h","msg":"no disk"}', 'error', 'no disk'],
    ['{"name":"store","hostname":"h","pid":7,"level":60,"msg":"gone","v":0}', 'error', 'gone'],
    ['{"level":40,"msg":"slow"}', 'warn', 'slow'],
    ['{"level":10,"msg":"x"}', 'trace', 'x'],
    ['{"time":"2026-12-01T10:20:30Z","level":"WARN","msg":"slow"}', 'warn', 'slow'],
    ['{"levelname":"CRITICAL","message":"gone"}', 'error', 'gone'],
    ['{"severity":"INFO","message":"up"}', 'info', 'up'],
  ])('%s is at %s', (line, level, message) => {
    expect(classifyLine(line, 'plain').entry).toMatchObject({ level, message });
  });

  it('keeps its other keys, and its time where that is a date', () => {
    const line = '{"level":"warn","time":"2026-12-01 10:20:30Z","msg":"slow","ms":3}';
    expect(classifyLine(line, 'plain').entry).toEqual({
      level: 'warn',
      message: 'slow',
      timestamp: '2026-12-01T10:20:30Z',
      fields: { time: '2026-12-01 10:20:30Z', ms: 3 },
    });
  });

  it.each([
    '{"level":"loud","msg":"x"}',
    '{"level":5,"msg":"x"}',
    '{"level":70,"msg":"x"}',
    '{"level":10.5,"msg":"x"}',
    '{"level":true,"msg":"x"}',
    '{"level":"warn"}',
    '{"level":"warn","msg":7}',
  ])('%s is none', (line) => {
    expect(classifyLine(line, 'plain').entry).toEqual({ level: 'debug', message: line, fields: {} });
  });
});

describe('an uncaught error of Node', () => {
  it('is an error, with its stack', () => {
    const lines = ['TypeError [ERR_X]: no', '    at f (a.js:1:2)', 'done'];
    const seen: string[] = [];
    let mode: LogParseMode = 'plain';
    for (const line of lines) {
      const { entry, mode: next } = classifyLine(line, mode);
      mode = next;
      seen.push(entry.level);
    }
    expect(seen).toEqual(['error', 'error', 'debug']);
  });
});

describe('a line of JSON', () => {
  it('is a record with its level, message, module, time and the other keys as they are', () => {
    const line =
      '{"@level":"info","@message":"hi","@module":"a.b","@caller":"x.go:1","@timestamp":"2026-11-22T10:17:02.480697Z","n":1.5,"list":[1,{"a":null}],"ok":true}';
    expect(classifyLine(line, 'plain').entry).toEqual({
      level: 'info',
      message: 'hi',
      module: 'a.b',
      timestamp: '2026-11-22T10:17:02.480697Z',
      fields: { '@caller': 'x.go:1', n: 1.5, list: [1, { a: null }], ok: true },
    });
  });

  it('has neither module nor time when it names none, and an empty message', () => {
    expect(classifyLine('{"@level":"warn"}', 'plain').entry).toStrictEqual({
      level: 'warn',
      message: '',
      fields: {},
    });
  });

  it('may have space around it', () => {
    expect(classifyLine(' \t{"@level":"warn"} \r', 'plain').entry.level).toBe('warn');
  });

  it.each([
    ['trace', 'trace'],
    ['debug', 'debug'],
    ['info', 'info'],
    ['warn', 'warn'],
    ['error', 'error'],
    [' INFO ', 'info'],
    ['Error', 'error'],
    ['warning', 'warn'],
    ['WARNING', 'warn'],
    ['critical', 'error'],
    ['fatal', 'error'],
  ])('of the level %j is a record at %s', (level, expected) => {
    const { entry } = classifyLine(JSON.stringify({ '@level': level, '@message': 'm' }), 'plain');
    expect(entry).toEqual({ level: expected, message: 'm', fields: {} });
  });

  it.each([
    ['has no level', '{"a":1}'],
    ['has no level but a message', '{"@message":"m"}'],
    ['is an empty object', '{}'],
    ['has the level off', '{"@level":"off","@message":"m"}'],
    ['has the level all', '{"@level":"all","@message":"m"}'],
    ['has the level err', '{"@level":"err","@message":"m"}'],
    ['has an empty level', '{"@level":"","@message":"m"}'],
    ['has a level that objects know by birth', '{"@level":"constructor"}'],
    ['is null', 'null'],
  ])('that %s is a message as it is at debug, even after a panic', (_, line) => {
    const entry = { level: 'debug', message: line, fields: {} };
    expect(classifyLine(line, 'plain')).toEqual({ entry, mode: 'plain' });
    expect(classifyLine(line, 'panic')).toEqual({ entry, mode: 'panic' });
  });

  it.each([
    ['an array', '["HELLO"]'],
    ['a number', '12345'],
    ['a string', '"text"'],
    ['true', 'true'],
    ['cut short', '{"@level":"info","@message":"x'],
    ['followed by more', '{"@level":"info"} x'],
    ['with a message that is no string', '{"@level":"info","@message":7}'],
    ['with a message that is null', '{"@level":"info","@message":null}'],
    ['with a level that is no string', '{"@level":30,"@message":"m"}'],
    ['with a level that is null', '{"@level":null}'],
    ['with a time that is no string', '{"@level":"info","@timestamp":1700000000}'],
    ['with a time that is null', '{"@level":"info","@timestamp":null}'],
    ['with a time that is none', '{"@level":"info","@timestamp":"yesterday"}'],
    ['with a bad time and no level', '{"@timestamp":"yesterday"}'],
    ['nested deeper than any record', `{"@level":"info","a":${'['.repeat(30_000)}${']'.repeat(30_000)}}`],
  ])('that is %s is text: debug, and error after a panic', (_, line) => {
    expect(classifyLine(line, 'plain').entry).toEqual({ level: 'debug', message: line, fields: {} });
    expect(classifyLine(line, 'panic').entry).toEqual({ level: 'error', message: line, fields: {} });
  });

  it('keeps a module that is no string among the other keys', () => {
    expect(classifyLine('{"@level":"info","@module":{"a":1}}', 'plain').entry).toStrictEqual({
      level: 'info',
      message: '',
      fields: { '@module': { a: 1 } },
    });
  });

  it('cannot reach the prototype of a record', () => {
    const { fields } = classifyLine('{"@level":"info","__proto__":{"polluted":1}}', 'plain').entry;
    expect(Object.getPrototypeOf(fields)).toBe(Object.prototype);
    expect(Object.keys(fields)).toEqual(['__proto__']);
  });
});

describe('the time of a record', () => {
  const timeOf = (timestamp: string) =>
    classifyLine(JSON.stringify({ '@level': 'info', '@timestamp': timestamp }), 'plain').entry.timestamp;

  it.each([
    ['2026-11-22T10:17:02.480697Z', '2026-11-22T10:17:02.480697Z'],
    ['2026-11-22T10:17:02.480697+05:30', '2026-11-22T10:17:02.480697+05:30'],
    ['2026-11-22T10:17:02Z', '2026-11-22T10:17:02Z'],
    ['2026-11-22T10:17:02-08:00', '2026-11-22T10:17:02-08:00'],
    ['2026-11-22T10:17:02.4Z', '2026-11-22T10:17:02.4Z'],
    ['2026-11-22t10:17:02.123456789z', '2026-11-22T10:17:02.123456789Z'],
    ['2026-11-22 10:17:02Z', '2026-11-22T10:17:02Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00Z'],
    ['2000-02-29T00:00:00Z', '2000-02-29T00:00:00Z'],
    ['2016-12-31T23:59:60Z', '2016-12-31T23:59:60Z'],
  ])('%s is read as %s', (written, read) => {
    expect(timeOf(written)).toBe(read);
  });

  it.each([
    '2026-11-22T10:17:02',
    '2026-11-22',
    '2026-11-22T10:17Z',
    '2026-11-22T10:17:02.Z',
    '2026-11-22T10:17:02+0530',
    '2026-11-22T10:17:02+24:00',
    '2026-11-22T10:17:02+05:60',
    '2026-00-22T10:17:02Z',
    '2026-13-22T10:17:02Z',
    '2026-02-29T10:17:02Z',
    '1900-02-29T10:17:02Z',
    '2026-04-31T10:17:02Z',
    '2026-11-00T10:17:02Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T10:60:02Z',
    '2026-11-22T10:17:61Z',
    ' 2026-11-22T10:17:02Z',
    '',
  ])('%j is none, which makes the record text', (written) => {
    expect(timeOf(written)).toBeUndefined();
    expect(
      classifyLine(JSON.stringify({ '@level': 'info', '@timestamp': written }), 'plain').entry.level,
    ).toBe('debug');
  });
});

describe('a Go panic', () => {
  it("makes every unmarked line an error for the rest of the process's life, blank lines included", () => {
    expect(
      levelsOf([
        'before',
        'panic: boom',
        '',
        'goroutine 1 [running]:',
        'main.main()',
        'Traceback (most recent call last):',
        'X: y',
        'z',
      ]),
    ).toEqual([
      'debug before',
      'error panic: boom',
      'error ',
      'error goroutine 1 [running]:',
      'error main.main()',
      'error Traceback (most recent call last):',
      'error X: y',
      'error z',
    ]);
  });

  it('leaves marked lines and records their own level', () => {
    expect(
      levelsOf([
        'fatal error: all goroutines are asleep',
        '[INFO] a',
        '{"@level":"trace","@message":"b"}',
        'c',
      ]),
    ).toEqual(['error fatal error: all goroutines are asleep', 'info [INFO] a', 'trace b', 'error c']);
  });

  it('replaces a traceback that it interrupts', () => {
    expect(levelsOf(['Traceback (most recent call last):', 'panic: x', 'a', 'b']).slice(2)).toEqual([
      'error a',
      'error b',
    ]);
  });

  it('is like the crash of a Python interpreter', () => {
    expect(
      levelsOf([
        'Fatal Python error: Segmentation fault',
        '',
        'Current thread 0x1 (most recent call first):',
      ]),
    ).toEqual([
      'error Fatal Python error: Segmentation fault',
      'error ',
      'error Current thread 0x1 (most recent call first):',
    ]);
  });
});

describe('a Python traceback', () => {
  it('is an error from its header to the line that names the exception', () => {
    expect(
      levelsOf([
        'hello',
        'Traceback (most recent call last):',
        '  File "a.py", line 1, in <module>',
        '    1/0',
        '',
        '\tx',
        'ZeroDivisionError: division by zero',
        'hello',
      ]),
    ).toEqual([
      'debug hello',
      'error Traceback (most recent call last):',
      'error   File "a.py", line 1, in <module>',
      'error     1/0',
      'error ',
      'error \tx',
      'error ZeroDivisionError: division by zero',
      'debug hello',
    ]);
  });

  it.each([
    'During handling of the above exception, another exception occurred:',
    'The above exception was the direct cause of the following exception:',
  ])('continues after "%s"', (link) => {
    const first = ['Traceback (most recent call last):', '  File "a.py", line 1, in f', "KeyError: 'a'"];
    const lines = [...first, '', link, '', ...first, 'after'];
    const blankBetween = 3;
    const levels = levelsOf(lines).map((line) => line.split(' ')[0]);
    // Before the link it is unknown that the blank line belongs to the chain.
    expect(levels).toEqual(
      lines.map((line, at) => (at === blankBetween || line === 'after' ? 'debug' : 'error')),
    );
  });

  it("may be interrupted by another thread's record", () => {
    expect(
      levelsOf([
        'Traceback (most recent call last):',
        '{"@level":"info","@message":"m"}',
        '[WARN] w',
        '  File "a.py"',
        'E: x',
        'y',
      ]),
    ).toEqual([
      'error Traceback (most recent call last):',
      'info m',
      'warn [WARN] w',
      'error   File "a.py"',
      'error E: x',
      'debug y',
    ]);
  });

  it('may begin with the name of the thread that it ended', () => {
    expect(
      levelsOf(['Exception in thread Thread-1 (f):', 'Traceback (most recent call last):', '  x', 'E', 'y']),
    ).toEqual([
      'error Exception in thread Thread-1 (f):',
      'error Traceback (most recent call last):',
      'error   x',
      'error E',
      'debug y',
    ]);
  });

  it('has no header when the script itself cannot be parsed', () => {
    expect(
      levelsOf([
        '  File "/b/bad.py", line 1',
        '    def f(:',
        '          ^',
        'SyntaxError: invalid syntax',
        'y',
      ]),
    ).toEqual([
      'error   File "/b/bad.py", line 1',
      'error     def f(:',
      'error           ^',
      'error SyntaxError: invalid syntax',
      'debug y',
    ]);
  });

  it('of an exception group ends with its last ruler', () => {
    const group = [
      '  + Exception Group Traceback (most recent call last):',
      '  |   File "eg.py", line 7, in <module>',
      '  | ExceptionGroup: outer (2 sub-exceptions)',
      '  +-+---------------- 1 ----------------',
      '    | ExceptionGroup: inner (1 sub-exception)',
      '    +-+---------------- 1 ----------------',
      '      | TypeError: t',
      '      +------------------------------------',
      '    +---------------- 2 ----------------',
      '    | OSError: x',
      '    +------------------------------------',
    ];
    expect(levelsOf([...group, 'after', '  indented'])).toEqual([
      ...group.map((line) => `error ${line}`),
      'debug after',
      'debug   indented',
    ]);
  });

  it('is no traceback when it is quoted in the middle of a line', () => {
    expect(levelsOf(['saw Traceback (most recent call last):', 'x'])).toEqual([
      'debug saw Traceback (most recent call last):',
      'debug x',
    ]);
  });
});

describe('a piece of a line beyond the limit', () => {
  it('is not parsed', () => {
    expect(verbatimLine('{"@level":"error"}')).toEqual({
      level: 'debug',
      message: '{"@level":"error"}',
      fields: {},
    });
  });
});

describe('classification', () => {
  const line = fc.oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    fc.json(),
    fc
      .record(
        {
          '@level': fc.oneof(fc.constantFrom('info', 'warning'), fc.jsonValue()),
          '@message': fc.jsonValue(),
          '@timestamp': fc.oneof(fc.date({ noInvalidDate: true }).map(String), fc.jsonValue()),
        },
        { requiredKeys: [] },
      )
      .map((record) => JSON.stringify(record)),
  );
  const mode = fc.constantFrom<LogParseMode>('plain', 'panic', 'traceback');

  it('gives every line a record and a mode', () => {
    fc.assert(
      fc.property(line, mode, (text, before) => {
        const { entry, mode: after } = classifyLine(text, before);
        expect(logLevels).toContain(entry.level);
        expect(typeof entry.message).toBe('string');
        expect(['plain', 'panic', 'traceback']).toContain(after);
        expect(() => JSON.stringify(entry)).not.toThrow();
      }),
      { numRuns: 1000 },
    );
  });

  it('never leaves the panic mode', () => {
    fc.assert(
      fc.property(line, (text) => {
        expect(classifyLine(text, 'panic').mode).toBe('panic');
      }),
    );
  });

  it('returns every record of hclog as it was', () => {
    const fields = fc.dictionary(
      fc.string().filter((key) => !key.startsWith('@') && key !== '__proto__'),
      fc.jsonValue({ maxDepth: 3 }),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...logLevels),
        fc.string(),
        fields,
        mode,
        (level, message, rest, before) => {
          const written = JSON.stringify({ '@level': level, '@message': message, ...rest });
          const { entry, mode: after } = classifyLine(written, before);
          expect(entry).toEqual({ level, message, fields: JSON.parse(JSON.stringify(rest)) as unknown });
          expect(after).toBe(before);
        },
      ),
    );
  });
});

/** Every line with its level, classified one after the other. */
function levelsOf(lines: readonly string[]): string[] {
  let mode: LogParseMode = 'plain';
  return lines.map((line) => {
    const classified = classifyLine(line, mode);
    mode = classified.mode;
    return `${classified.entry.level} ${classified.entry.message}`;
  });
}
