export { locateCommand, type LocateHost, type LocatedCommand } from './locate-command.js';
export {
  prepareBundle,
  type PrepareOptions,
  type PrepareOutcome,
  type PrepareProgress,
} from '../venv/prepare-bundle.js';
export { readBundle, scanBundles, type BundleOptions } from './scan.js';
export type { ScannedBundle } from '../../bundle/index.js';
