import { stayAlive } from './lib/life.js';
import { printOut } from './lib/print.js';

printOut('1|1|unix\n');
stayAlive();
