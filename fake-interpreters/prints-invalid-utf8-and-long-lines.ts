import { garbage, printError } from './lib/print.js';
import { servePlugin } from './lib/serve-plugin.js';

servePlugin({
  onHandshakePrinted: () => {
    printError(garbage);
    printError(`${'long '.repeat(50_000)}\n`);
    printError(Buffer.from('half of a euro sign: \u20ac').subarray(0, -1));
  },
});
