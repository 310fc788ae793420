import type { RestartDecision } from '../../policy/index.js';
import type { PluginCommand } from '../plugin/types.js';

/** A verdict as the plugin is told of it. */
export function commandFor(decision: RestartDecision): PluginCommand {
  switch (decision.decision) {
    case 'restart':
      return { type: 'plugin.restart', delayMs: decision.delayMs, attempt: decision.attempt };
    case 'stop':
      return { type: 'plugin.stop' };
    case 'giveUp':
      return { type: 'plugin.giveUp', reason: decision.reason };
  }
}
