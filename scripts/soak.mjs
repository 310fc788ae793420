// Runs many plugins under random faults, and holds every promise against what happens: see test/faults/soak.ts.
import { runTypescript } from './run-typescript.mjs';

await runTypescript('soak');
