import type { FaultScenario } from './fault-scenario.js';
import { hosts, stops } from './matrix.hosts.js';
import { serving } from './matrix.serving.js';
import { starts } from './matrix.starts.js';

/** Every fault that is tried, by where it happens. */
export const matrix: readonly { readonly title: string; readonly faults: readonly FaultScenario[] }[] = [
  { title: 'A plugin that starts', faults: starts },
  { title: 'A plugin that serves', faults: serving },
  { title: 'A plugin that is to end', faults: stops },
  { title: 'The host and its machine', faults: hosts },
];
