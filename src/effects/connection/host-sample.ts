import { performance } from 'node:perf_hooks';
import type { HostSample } from '../../model/index.js';
import type { GenerationChannel } from './dial.js';

/** Reads the host's clocks, what its event loop has done so far, and what the plugin has answered so far. */
export function sampleHost({ channel }: { readonly channel: GenerationChannel }): HostSample {
  return {
    monotonicMs: performance.now(),
    // The only use of this clock that does not ask it for a moment: held against the other, it tells of a sleep.
    wallMs: Date.now(),
    eventLoopActiveMs: performance.eventLoopUtilization().active,
    messagesReceived: channel.calls.answers(),
  };
}
