import { garbage } from './lib/garbage.js';
import { runUntilParentExits } from './lib/parent-process.js';
import { printOut } from './lib/print.js';

printOut(garbage);
runUntilParentExits();
