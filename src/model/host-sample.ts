/** What can be read of the host and of the calls to one plugin at a moment. Two of them say what happened between. */
export interface HostSample {
  /** A clock that never jumps, in milliseconds from any moment on. */
  readonly monotonicMs: number;
  /** The clock on the wall, in milliseconds since the epoch: it goes on while the machine sleeps. */
  readonly wallMs: number;
  /** How long the host's event loop has been at work in all, in milliseconds. */
  readonly eventLoopActiveMs: number;
  /** Messages that the plugin has sent on the embedder's calls in all. */
  readonly messagesReceived: number;
}

/**
 * Why a probe that was not answered does not count.
 * `calls`: the plugin has answered calls meanwhile. `busyHost`: the host itself had no time to listen.
 * `wakeUp`: the host, or the whole machine, was asleep.
 */
export type ExcuseReason = 'calls' | 'busyHost' | 'wakeUp';
