import { performance } from 'node:perf_hooks';
import type { HostSample } from '../../model/index.js';
import type { GenerationChannel } from './generation-channel.js';

/** Reads the clocks and the event loop of the host, and how many messages the plugin has sent so far. */
export function sampleHost({ calls }: Pick<GenerationChannel, 'calls'>): HostSample {
  return {
    monotonicMs: performance.now(),
    // Compared with the monotonic clock, the wall clock shows that the host was asleep.
    wallMs: Date.now(),
    eventLoopActiveMs: performance.eventLoopUtilization().active,
    messagesReceived: calls.answers(),
    callsInFlight: calls.inFlight(),
  };
}
