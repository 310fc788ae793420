export { openGuard, type Guard, type OrphanMode, type ProcessGuard } from './guard.js';
export type { GuardianState } from './guardian.js';
export { writeHostRecord } from './host-record.js';
export {
  findOrphanedDirectories,
  removeOrphanedDirectory,
  type OrphanedDirectory,
} from './orphaned-directories.js';
