import { handshakeLine } from './lib/handshake.js';
import { runUntilParentExits } from './lib/parent-process.js';
import { printOut } from './lib/print.js';

printOut(`${handshakeLine()}\n`);
runUntilParentExits();
