/** A request to kill every process that has one of these tokens of one environment. */
export interface ReapRequest {
  readonly id: string;
  readonly scope: string;
  readonly tokens: readonly string[];
}

/** The pids that a request killed; `null` if no guardian ran to do it. */
export type KilledPids = readonly number[] | null;

interface PendingReap {
  readonly tokens: Set<string>;
  readonly answer: Promise<KilledPids>;
  readonly resolve: (killed: KilledPids) => void;
}

/** The queue of requests for the guardian, with one in progress at a time. */
export interface ReapQueue {
  /** Queues a token; tokens of one scope that are queued already are in the same request. */
  enqueue(scope: string, token: string): Promise<KilledPids>;
  /** The request in progress, else the next one, which is then in progress; `null` if the queue is empty. */
  current(): ReapRequest | null;
  complete(id: string, killed: KilledPids): void;
  /** Answers every request with `null`, as no guardian runs. */
  cancelAll(): void;
}

/** One reap at a time: each scans every process, and many plugins may end at once. */
export function createReapQueue(): ReapQueue {
  const waiting = new Map<string, PendingReap>();
  let current: (ReapRequest & Pick<PendingReap, 'resolve'>) | null = null;
  let made = 0;

  const next = (): ReapRequest | null => {
    if (current !== null) return current;
    for (const [scope, { tokens, resolve }] of waiting) {
      waiting.delete(scope);
      made += 1;
      current = { id: String(made), scope, tokens: [...tokens], resolve };
      return current;
    }
    return null;
  };
  return {
    enqueue(scope, token) {
      const wanted = waiting.get(scope) ?? createPendingReap();
      wanted.tokens.add(token);
      waiting.set(scope, wanted);
      return wanted.answer;
    },
    current: next,
    complete(id, killed) {
      if (current?.id !== id) return;
      const { resolve } = current;
      current = null;
      resolve(killed);
    },
    cancelAll() {
      for (let request = next(); request !== null; request = next()) this.complete(request.id, null);
    },
  };
}

function createPendingReap(): PendingReap {
  let settle: PendingReap['resolve'] = () => undefined;
  const answer = new Promise<KilledPids>((resolve) => {
    settle = resolve;
  });
  return { tokens: new Set(), answer, resolve: settle };
}
