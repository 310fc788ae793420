import { exitWithoutHost } from './lib/handshake.js';

exitWithoutHost();
