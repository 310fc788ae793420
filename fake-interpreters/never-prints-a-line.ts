import { runUntilParentExits } from './lib/parent-process.js';

runUntilParentExits();
