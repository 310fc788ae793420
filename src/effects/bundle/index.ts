export { currentBundle } from './current-bundle.js';
export { locateCommand, type LocateHost, type LocatedCommand } from './locate-command.js';
export { readBundle, scanBundles, type BundleOptions } from './scan.js';
export type { ScannedBundle } from '../../bundle/index.js';
