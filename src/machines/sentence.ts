import type { RestartVerdict } from '../policy/index.js';
import type { PluginCommand } from './plugin.types.js';

/** A verdict as the plugin is told of it. */
export function sentence(verdict: RestartVerdict): PluginCommand {
  switch (verdict.verdict) {
    case 'restart':
      return { type: 'plugin.restart', delayMs: verdict.delayMs, attempt: verdict.attempt };
    case 'rest':
      return { type: 'plugin.rest' };
    case 'giveUp':
      return { type: 'plugin.giveUp', reason: verdict.reason };
  }
}
