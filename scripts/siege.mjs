// Attacks an ordinary host with plugins and bundles, and measures it: see test/faults/siege.ts.
import { runTypescript } from './run-typescript.mjs';

await runTypescript('siege');
