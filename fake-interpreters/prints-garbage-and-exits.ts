import { garbage } from './lib/garbage.js';
import { printOut } from './lib/print.js';

printOut(garbage);
process.exit(1);
