import { garbage, printOut } from './lib/print.js';
import { runUntilParentExits } from './lib/parent-process.js';

printOut(garbage);
runUntilParentExits();
