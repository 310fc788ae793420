export { openGuard, type Guard, type OrphanMode, type Watched } from './guard.js';
export type { GuardianState } from './guardian.js';
export { writeHostRecord } from './host-record.js';
export { findLeftovers, removeLeftover, type Leftover } from './leftovers.js';
