import type { FaultScenario } from './fault-scenario.js';
import { matrix } from './matrix.js';

/** docs/faults.md, from the table that the run has held against real processes. */
export function faultsPage(): string {
  return `# Faults

<!-- Written by \`npm run faults -- --write\`; do not edit. -->

Each row is a fault that \`npm run faults\` does to real processes: a host of its own with two plugins, of which one is
the victim. The run fails when a state comes in another order, when a fault is found later than it says here, or when
this page says anything else than the run. After each row it holds, too, that

- no process is left of what has ended: the process table is searched for a token in the environment, which whatever a
  plugin starts inherits, wherever it goes;
- no file is left in the directories of sockets and of temporary files, and the host ends in order;
- the other plugin in the same environment serves, by its first process.

A probe is sent every 0.3 s here and may take 1 s; three misses in a row, and at most three excuses, make a loss. With
the presets it takes as long as [their table](health.md#how-long-it-takes) says. The times are bounds, with room for a
busy machine: most faults are found in milliseconds.

${matrix.map(({ title, faults }) => `## ${title}\n\n${table(faults)}`).join('\n\n')}

---

[Previous: What survives the host](durable-intent.md) · [Next: Reliability](reliability.md) · [Top](../README.md)
`;
}

function table(faults: readonly FaultScenario[]): string {
  const head = ['fault', 'how it is made', 'what is seen', 'within', 'what follows'];
  const lines = faults.map((fault) => [
    fault.name,
    fault.injection,
    seen(fault),
    bound(fault),
    fault.expectation,
  ]);
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

function seen({ states, end, endsHost }: FaultScenario): string {
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
