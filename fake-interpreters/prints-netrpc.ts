import { handshakeLine } from './lib/handshake.js';
import { stayAlive } from './lib/life.js';
import { printOut } from './lib/print.js';

printOut(`${handshakeLine({ protocol: 'netrpc' })}\n`);
stayAlive();
