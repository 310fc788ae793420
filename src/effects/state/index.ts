export { bundleMark } from './bundle-mark.js';
export { findTokens } from './find-tokens.js';
export { takeHostLock, type HostLock, type Predecessor } from './host-lock.js';
export { removeKeptDirectory, removeKeptPlace } from './kept-directory.js';
export { lookAtProcess, takesConnections } from './look-at-process.js';
export { readRecords, removeRecord, writeRecord, type ReadRecords } from './plugin-records.js';
export { createRecordQueue, type RecordQueue } from './record-queue.js';
