// Kills hosts at random moments and counts what is left of their plugins: see test/faults/orphans.ts.
import { runTypescript } from './run-typescript.mjs';

await runTypescript('orphans');
