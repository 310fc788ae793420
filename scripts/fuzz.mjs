// Gives made-up input to every parser of what plugins, bundles and files say: see test/fuzz/fuzz.ts.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { pathToFileURL } from 'node:url';
import { withBundle } from './run-typescript.mjs';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc');

process.exitCode = await withBundle('test/fuzz/fuzz.ts', async (program) => {
  const { main } = await import(pathToFileURL(program).href);
  return main(process.argv.slice(2), collectGarbage);
});
