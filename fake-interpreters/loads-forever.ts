import { runUntilParentExits } from './lib/parent-process.js';
import { printError } from './lib/print.js';

printError(`${JSON.stringify({ '@level': 'info', '@message': 'loading model-7b.bin' })}\n`);
runUntilParentExits();
