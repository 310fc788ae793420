import { garbage } from './lib/garbage.js';
import { stayAlive } from './lib/life.js';
import { printOut } from './lib/print.js';

printOut(garbage);
stayAlive();
