import { parseGoInteger } from '../go-plugin/handshake/go-literals.js';

/**
 * The highest application version in common. Without one it is the plugin's lowest: the host then refuses it, and knows
 * both sides. `offered` is PLUGIN_PROTOCOL_VERSIONS; items that are no number are passed over.
 */
export function negotiateVersion(ours: readonly number[], offered = ''): number {
  const theirs = offered.split(',').map(parseGoInteger);
  const common = ours.filter((version) => theirs.includes(version));
  return common.length > 0 ? Math.max(...common) : Math.min(...ours);
}
