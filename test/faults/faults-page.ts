import type { FaultScenario } from './fault-scenario.js';
import { matrix } from './matrix.js';

/** The text of docs/faults.md, from the matrix of the run. */
export function faultsPage(): string {
  return `# Faults

<!-- Written by \`npm run faults -- --write\`; do not edit. -->

Each row is a fault that \`npm run faults\` injects into real processes: a host of its own with two plugins, the victim and
a bystander. The run fails when the states of the victim differ, when the fault is found later than the bound, or when
this page is stale. After each row the run also checks that

- no process of an ended generation is left: the process table is searched for the generation's token, which descendants
  of a plugin inherit in their environment;
- no file is left in the directories of sockets and of temporary files, and the host exits with 0;
- the bystander still serves with its first process.

In this run a probe is sent every 0.3 s with a deadline of 1 s; a plugin is lost after three misses in a row and at most
three excuses. The bounds of the presets are in [their table](health.md#how-long-it-takes). The bounds here have room for
a busy machine: most faults are found within milliseconds.

${matrix.map(({ title, faults }) => `## ${title}\n\n${table(faults)}`).join('\n\n')}

---

[Previous: Desired state](desired-state.md) · [Next: Reliability](reliability.md) · [Top](../README.md)
`;
}

function table(faults: readonly FaultScenario[]): string {
  const head = ['fault', 'injection', 'states of the victim', 'within', 'outcome'];
  const lines = faults.map((fault) => [
    fault.name,
    fault.injection,
    outcomeText(fault),
    bound(fault),
    fault.expectation,
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function outcomeText({ states, end, endsHost }: FaultScenario): string {
  if (states.length === 0) return endsHost === true ? 'no process is left' : 'stays `healthy`';
  const path = states.join(' → ');
  return end === undefined ? path : `${path}; ${endOf(end)}`;
}

function endOf({ kind, code, exit, signal }: NonNullable<FaultScenario['end']>): string {
  const how = signal ?? (exit === undefined ? null : `exit code ${exit}`);
  return [`kind \`${kind}\``, how, code === undefined ? null : `\`${code}\``]
    .filter((part) => part !== null)
    .join(', ');
}

function bound({ withinMs }: FaultScenario): string {
  return `${withinMs / 1000} s`;
}
