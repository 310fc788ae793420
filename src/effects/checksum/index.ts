export { readLockFile, takeChecksums, underLock, writeLockFile, type LockOptions } from './lock-file.js';
export { verifyChecksums } from './verify.js';
