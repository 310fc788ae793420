import { createServer } from 'node:net';
import { handshakeLine, newSocketPath } from './lib/handshake.js';
import { runUntilParentExits } from './lib/parent-process.js';
import { printOut } from './lib/print.js';

const address = newSocketPath();
const server = createServer((socket) => socket.resume().on('error', () => socket.destroy()));
server.listen(address, () => {
  printOut(`${handshakeLine({ address })}\n`);
});
process.on('SIGTERM', () => {
  server.close();
  process.exit(0);
});
runUntilParentExits();
