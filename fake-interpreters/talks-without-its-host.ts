import { printError } from './lib/print.js';
import { servePlugin } from './lib/serve-plugin.js';

let said = 0;

servePlugin({
  exitsWithHost: false,
  onHandshakePrinted: () => {
    setInterval(() => {
      said += 1;
      printError(`word ${said}\n`);
    }, 20);
  },
});
