export {
  readLockfile,
  computeChecksums,
  applyLockfile,
  writeLockfile,
  type LockfileOptions,
} from './lockfile.js';
export { verifyChecksums } from './verify-checksums.js';
