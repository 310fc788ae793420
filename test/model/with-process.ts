import type { PluginState } from '../../src/model/index.js';

/** The states in which a process exists or is being made. */
export const statesWithProcess: readonly PluginState[] = ['spawning', 'handshaking', 'healthy', 'stopping'];
