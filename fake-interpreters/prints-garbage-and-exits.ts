import { garbage, printOut } from './lib/print.js';

printOut(garbage);
process.exit(1);
