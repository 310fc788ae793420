import { runUntilParentExits } from './lib/parent-process.js';
import { printOut } from './lib/print.js';

printOut('1|1|unix\n');
runUntilParentExits();
