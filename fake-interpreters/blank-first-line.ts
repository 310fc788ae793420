import { printOut } from './lib/print.js';
import { servePlugin } from './lib/serve-plugin.js';

printOut('\n');
servePlugin();
