import { printError } from './lib/print.js';
import { servePlugin } from './lib/serve-plugin.js';

let said = 0;

servePlugin({
  noticesItsHost: false,
  afterTheLine: () => {
    setInterval(() => {
      said += 1;
      printError(`word ${said}\n`);
    }, 20);
  },
});
