import type { connectivityState } from '@grpc/grpc-js';
import { atDeadline as atHostDeadline, type AtDeadline, type Deadline } from './deadline.js';

/** The callbacks that wait until a channel leaves a state. */
export interface ConnectivityWatchers {
  readonly watch: (from: connectivityState, deadline: Deadline, callback: (error?: Error) => void) => void;
  /** The state may be another one now. */
  changed(): void;
}

/** Watchers of a channel whose state `stateNow` returns. A callback gets an error if its deadline passes first. */
export function createConnectivityWatchers(
  stateNow: () => connectivityState,
  atDeadline: AtDeadline = atHostDeadline,
): ConnectivityWatchers {
  const waiting = new Set<() => void>();
  return {
    watch(from, deadline, callback) {
      const finish = (error?: Error): void => {
        if (!waiting.delete(look)) return;
        callOff();
        queueMicrotask(() => {
          callback(error);
        });
      };
      const look = (): void => {
        if (stateNow() !== from) finish();
      };
      waiting.add(look);
      const callOff = atDeadline(deadline, () => {
        finish(new Error('Deadline passed without connectivity state change'));
      });
      look();
    },
    changed() {
      for (const look of [...waiting]) look();
    },
  };
}
