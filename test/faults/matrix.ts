import type { FaultScenario } from './fault-scenario.js';
import { hosts, stops } from './matrix.hosts.js';
import { serving } from './matrix.serving.js';
import { starts } from './matrix.starts.js';

/** All fault scenarios, by where the fault happens. */
export const matrix: readonly { readonly title: string; readonly faults: readonly FaultScenario[] }[] = [
  { title: 'During the start', faults: starts },
  { title: 'While serving', faults: serving },
  { title: 'During the stop', faults: stops },
  { title: 'Host and operating system', faults: hosts },
];
