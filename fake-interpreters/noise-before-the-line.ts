import { printOut } from './lib/print.js';
import { servePlugin } from './lib/serve-plugin.js';

printOut('starting up\n');
printOut('loading 3 models\n');
printOut('ready|to|go\n');
servePlugin();
