import { refuseToRun } from './lib/handshake.js';

refuseToRun();
