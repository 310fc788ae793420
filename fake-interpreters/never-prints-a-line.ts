import { stayAlive } from './lib/life.js';

stayAlive();
