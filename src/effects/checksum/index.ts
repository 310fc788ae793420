export {
  readLockFile,
  computeChecksums,
  applyLockFile,
  writeLockFile,
  type LockFileOptions,
} from './lock-file.js';
export { verifyChecksums } from './verify-checksums.js';
