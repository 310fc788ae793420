export { bundleFingerprint } from '../checksum/bundle-fingerprint.js';
export { findProcessTokens } from '../orphans/find-process-tokens.js';
export { acquireStateLock, type StateLock, type PreviousHost } from './state-lock.js';
export { removeInheritedDirectory, removeInheritedRoot } from '../orphans/inherited-directory.js';
export { matchRecordedProcess, acceptsConnections } from '../orphans/match-recorded-process.js';
export { readRecords, removeRecord, writeRecord, type ReadRecords } from './plugin-records.js';
export { createRecordWriter, type RecordWriter } from './record-writer.js';
