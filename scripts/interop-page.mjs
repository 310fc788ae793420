/** docs/compatibility.md, from the tables of test/interop and the tests that have passed. */
export function compatibilityPage({ versions, programs, rows, titleOf, tests, suites }) {
  const passed = tests.filter(({ status }) => status === 'passed');
  return `# Compatibility

<!-- Written by \`npm run test:interop -- --write\`; do not edit. -->

Espalier runs against programs of other authors: go-plugin's own test helper and its examples, compiled from their
module at the version below, and Python plugins on grpcio from PyPI, with our helper package and without.
\`npm run test:interop\` compiles them with Go, installs them with pip, runs them, and fails when this page differs
from the results.

## Programs

${table(
  ['Program', 'Version', 'Features used', 'Result'],
  programs.map((program) => [
    program.name,
    versions[program.madeFrom],
    program.features.join(', '),
    resultOf(program, passed),
  ]),
)}

## go-plugin's tests of its own host

go-plugin runs the tests below against its own host. ${summaryOf(rows)}

${table(
  ['#', "go-plugin's test", 'Result here', 'Result'],
  rows.map((row) => [row.number, row.name, row.holds, stateOf(row, titleOf(row), passed)]),
)}

## HTTP/2 and gRPC

The HTTP/2 and the gRPC client are our own ([decision 30](decisions/0030-http2-is-spoken-by-our-own-code.md)). They are
held to suites that others wrote. The short way is that of unary calls without interceptors, the ordinary way that of
every call.

<!-- suites -->

${suites}

<!-- /suites -->

---

[Previous: The command line](command-line.md) · [Next: The inspector](inspector.md) · [Top](../README.md)
`;
}

function resultOf({ name }, passed) {
  if (!passed.some(({ ancestorTitles }) => ancestorTitles[0] === name))
    throw new Error(`No test of ${name} has run.`);
  return 'works';
}

function stateOf(row, title, passed) {
  if (row.state === 'notApplicable') return `does not apply: ${row.why}`;
  if (!passed.some((test) => test.title === title)) throw new Error(`The test "${title}" has not run.`);
  return 'holds';
}

function summaryOf(rows) {
  const count = (state) => rows.filter((row) => row.state === state).length;
  return `Of ${rows.length}, ${count('proven')} hold, and ${count('notApplicable')} do not apply to this host.`;
}

function table(head, lines) {
  const row = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [row(head), row(head.map(() => '---')), ...lines.map(row)].join('\n');
}
