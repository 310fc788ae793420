/** Clocks and counters of the host, and of the calls to one plugin, at one time. Two samples are compared. */
export interface HostSample {
  /** The monotonic clock, in milliseconds since an arbitrary time. */
  readonly monotonicMs: number;
  /** The wall clock, in milliseconds since the epoch; it advances while the machine sleeps. */
  readonly wallMs: number;
  /** How long the host's event loop has been busy in total, in milliseconds. */
  readonly eventLoopActiveMs: number;
  /** How many messages the plugin has sent on calls in total. */
  readonly messagesReceived: number;
  /** How many calls of the embedder wait for the plugin. */
  readonly callsInFlight: number;
}

/**
 * Why a missed probe does not count. `calls`: the plugin answered calls during the probe. `busyHost`: the event loop of
 * the host was too busy to read the answer. `wakeUp`: the host process or the machine was suspended. `answered`: the
 * health service answered with an error that is a sign of life, such as RESOURCE_EXHAUSTED. `busyPlugin`: calls are in
 * flight, and the plugin greets a new connection.
 */
export type ExcuseReason = 'calls' | 'busyHost' | 'wakeUp' | 'answered' | 'busyPlugin';
