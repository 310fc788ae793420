import { printError } from './lib/print.js';
import { servePlugin } from './lib/serve-plugin.js';

const note = "serving in the clear, as cryptography cannot be loaded: No module named 'cryptography'";
printError(`${JSON.stringify({ '@level': 'info', '@message': note })}\n`);
servePlugin();
