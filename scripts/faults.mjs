// Does every fault to real plugins and hosts, and holds what follows against the matrix: see test/faults/faults.ts.
import { runTypescript } from './run-typescript.mjs';

await runTypescript('faults');
