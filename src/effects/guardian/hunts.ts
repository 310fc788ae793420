/** Looks for whoever carries one of some tokens of one environment, to end them. */
export interface Hunt {
  readonly id: string;
  readonly scope: string;
  readonly tokens: readonly string[];
}

/** The pids that a hunt ended; `null` when there was nobody to make it. */
export type Quarry = readonly number[] | null;

interface Wanted {
  readonly tokens: Set<string>;
  readonly answer: Promise<Quarry>;
  readonly settle: (quarry: Quarry) => void;
}

export interface Hunts {
  /** Asks for a hunt; one that waits already takes the token along. */
  want(scope: string, token: string): Promise<Quarry>;
  /** The hunt that is to be made now; `null` while there is none. */
  current(): Hunt | null;
  settle(id: string, quarry: Quarry): void;
  /** Nobody is there to make them. */
  giveUp(): void;
}

/** One hunt at a time: each is a look at every process, and many plugins may end at once. */
export function createHunts(): Hunts {
  const waiting = new Map<string, Wanted>();
  let current: (Hunt & Pick<Wanted, 'settle'>) | null = null;
  let made = 0;

  const next = (): Hunt | null => {
    if (current !== null) return current;
    for (const [scope, { tokens, settle }] of waiting) {
      waiting.delete(scope);
      made += 1;
      current = { id: String(made), scope, tokens: [...tokens], settle };
      return current;
    }
    return null;
  };
  return {
    want(scope, token) {
      const wanted = waiting.get(scope) ?? createWanted();
      wanted.tokens.add(token);
      waiting.set(scope, wanted);
      return wanted.answer;
    },
    current: next,
    settle(id, quarry) {
      if (current?.id !== id) return;
      const { settle } = current;
      current = null;
      settle(quarry);
    },
    giveUp() {
      for (let hunt = next(); hunt !== null; hunt = next()) this.settle(hunt.id, null);
    },
  };
}

function createWanted(): Wanted {
  let settle: Wanted['settle'] = () => undefined;
  const answer = new Promise<Quarry>((resolve) => {
    settle = resolve;
  });
  return { tokens: new Set(), answer, settle };
}
