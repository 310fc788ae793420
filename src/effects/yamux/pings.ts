import type { YamuxError } from '../../yamux/index.js';

/** The pings that wait for their answers. */
export interface Pings {
  /** A value that no waiting ping has, and what comes of it. */
  expect(): { readonly value: number; readonly answered: Promise<void> };
  answer(value: number): void;
  fail(error: YamuxError): void;
}

interface PendingPing {
  readonly resolve: () => void;
  readonly reject: (error: YamuxError) => void;
}

export function createPings(): Pings {
  const waiting = new Map<number, PendingPing>();
  let count = 0;
  return {
    expect() {
      const value = count % 2 ** 32;
      count += 1;
      const answered = new Promise<void>((resolve, reject) => {
        waiting.set(value, { resolve, reject });
      });
      return { value, answered };
    },
    answer(value) {
      waiting.get(value)?.resolve();
      waiting.delete(value);
    },
    fail(error) {
      for (const { reject } of waiting.values()) reject(error);
      waiting.clear();
    },
  };
}
