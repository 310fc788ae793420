import { handshakeLine } from './lib/handshake.js';
import { runUntilParentExits } from './lib/parent-process.js';
import { printOut } from './lib/print.js';

printOut(`${handshakeLine({ address: `/tmp/${'x'.repeat(64 * 1024)}` })}\n`);
runUntilParentExits();
