import { handshakeLine } from './lib/handshake.js';
import { printOut } from './lib/print.js';

printOut(`${handshakeLine()}\n`);
process.exit(1);
