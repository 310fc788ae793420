export { locateCommand, type LocateHost, type LocatedCommand } from './locate.js';
export { prepareBundle, type PrepareOptions, type PrepareOutcome, type PrepareProgress } from './prepare.js';
export { readBundle, scanBundles, type BundleOptions } from './scan.js';
export type { ScannedBundle } from '../../bundle/index.js';
