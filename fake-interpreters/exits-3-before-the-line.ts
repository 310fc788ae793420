import { printError } from './lib/print.js';

printError('plugin.py: cannot open the model file: No such file or directory\n');
process.exit(3);
