// Kills and restarts real plugins over and over, and counts what their host holds: see test/faults/leaks.ts.
import { runTypescript } from './run-typescript.mjs';

await runTypescript('leaks');
