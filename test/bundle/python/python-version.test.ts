import { parsePythonVersion, pythonNames, pythonRange, satisfiesPython } from '../../../src/bundle/index.js';

describe('what `python --version` prints', () => {
  it.each([
    ['Python 3.11.7\n', '3.11.7'],
    ['Python 2.7.18', '2.7.18'],
    ['Python 3.14.0rc1+', '3.14.0'],
    ['Python 3.13\n', '3.13.0'],
    ['warning: something\nPython 3.12.1\n', '3.12.1'],
    ['PyPy 7', null],
    ['', null],
  ])('%j is %s', (output, version) => {
    expect(parsePythonVersion(output)).toBe(version);
  });
});

describe('a python_version', () => {
  it.each([
    [undefined, '3.6.0', true],
    ['3.11', '3.11.7', true],
    ['3.11', '3.12.0', false],
    ['3.1', '3.11.7', false],
    ['3.11.7', '3.11.7', true],
    ['3.11.7', '3.11.8', false],
    ['3', '3.99.0', true],
    ['3', '2.7.18', false],
    ['>=3.10', '3.9.18', false],
    ['>=3.10', '3.14.0', true],
    ['>= 3.10 , < 3.13', '3.12.9', true],
    ['>=3.10,<3.13', '3.13.0', false],
    ['>3.10', '3.10.5', false],
    ['<=3.12', '3.12.4', true],
    ['~=3.10', '3.13.0', true],
    ['~=3.10', '3.9.0', false],
    ['~=3.10.2', '3.10.9', true],
    ['~=3.10.2', '3.11.0', false],
    ['==3.11.*', '3.11.2', true],
    ['==3.11.*', '3.12.0', false],
    ['>=3.9,!=3.10.*', '3.10.4', false],
    ['>=3.9,!=3.10.*', '3.11.4', true],
    ['!=3.11.2', '3.11.2', false],
    ['^3.10', '3.12.0', true],
    ['v3.11', '3.11.0', true],
  ])('%j and Python %s: %s', (constraint, version, fits) => {
    expect(satisfiesPython(version, constraint)).toBe(fits);
  });

  it.each(['', ' ', 'three', '3.x.y', '>=', '3.11.7.1', '>=3.10 or so', '3.11;'])(
    '%j is not understood',
    (constraint) => {
      expect(pythonRange(constraint)).toBeNull();
    },
  );
});

describe('the names to look for', () => {
  it('are the default ones where any version will do', () => {
    expect(pythonNames(undefined)).toEqual(['python3', 'python']);
  });

  it('begin with the one minor version that fits', () => {
    expect(pythonNames('3.11')).toEqual(['python3.11', 'python3', 'python']);
    expect(pythonNames('>=3.12,<3.13')).toEqual(['python3.12', 'python3', 'python']);
  });

  it('begin with the default ones where several fit, the newest next', () => {
    expect(pythonNames('>=3.10,<3.13')).toEqual([
      'python3',
      'python',
      'python3.12',
      'python3.11',
      'python3.10',
    ]);
  });
});
