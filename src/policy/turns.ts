import { everyone, type StartPlan } from './dependencies.js';
import { isExpected, isRising, mayStart, type PluginStandingOf } from './standing.js';

/** A plugin that is to be brought down for good, and waits for those that come after it. */
export interface Leaving {
  readonly id: string;
  /** Why, where nobody asked for this very plugin. */
  readonly because?: string;
}

/** What the desk goes by when it gives out turns. Where a plugin is, its own snapshot says. */
export interface Desk {
  readonly layout: {
    readonly plan: StartPlan;
    /** For each plugin, all that it starts after and is stopped before. */
    readonly after: ReadonlyMap<string, readonly string[]>;
  };
  readonly startConcurrency: number;
  /** Whom to look at for a turn: all that wait for theirs, and perhaps some that do not any more. */
  readonly waiting: readonly string[];
  /** Those that had their turn: all that are on their way up by it, and perhaps some that are not any more. */
  readonly starting: readonly string[];
  readonly leaving: readonly Leaving[];
}

/** Who waits for its turn, and for what. */
export interface Waiting {
  readonly id: string;
  readonly because: string;
}

/** What is to be told to plugins whose turn it may be. */
export interface Turns {
  readonly start: readonly string[];
  readonly wait: readonly Waiting[];
  /** Whose turn will not come, each after what it lacks where that is refused, too. */
  readonly refuse: readonly { readonly id: string; readonly lacks: string }[];
}

/**
 * Gives out turns among these: to whoever has all that it requires, and not to more at a time than may start.
 *
 * @param candidates In start order. Each of them comes up if its turn comes.
 * @param rising Those that had their turn, and are on their way up.
 */
export function turnsAmong(
  { layout: { plan }, startConcurrency }: Pick<Desk, 'layout' | 'startConcurrency'>,
  candidates: readonly string[],
  rising: readonly string[],
  standing: PluginStandingOf,
): Turns {
  const hopeful = new Set(candidates);
  const busy = new Set(rising);
  const start: string[] = [];
  const wait: Waiting[] = [];
  const refuse: { id: string; lacks: string }[] = [];
  for (const id of candidates) {
    // Stryker disable next-line ArrayDeclaration: who has no such entry lacks something anyway.
    const pending = (plan.needs.get(id) ?? []).filter((other) => standing(other).state !== 'healthy');
    const lacks =
      lackedBy(plan, id) ?? pending.find((other) => !isExpected(standing(other)) && !hopeful.has(other));
    if (lacks !== undefined) {
      refuse.push({ id, lacks });
      hopeful.delete(id);
    } else if (pending[0] !== undefined) wait.push({ id, because: `requirement.awaited ${pending[0]}` });
    else if (busy.size >= startConcurrency && !busy.has(id)) wait.push({ id, because: 'turn.awaited' });
    else {
      start.push(id);
      busy.add(id);
    }
  }
  return { start, wait, refuse };
}

/** What follows for those that wait, now that something has moved. */
export function turns(desk: Desk, standing: PluginStandingOf): Turns & Pick<Desk, 'waiting' | 'starting'> {
  const starting = desk.starting.filter((id) => isRising(standing(id)));
  const waiting = desk.waiting.filter((id) => standing(id).turn !== null);
  const candidates = waiting.filter((id) => !standing(id).isHeld && mayStart(standing(id)));
  const ordered = inOrder(desk.layout.plan, candidates);
  const { start, wait, refuse } = turnsAmong(desk, ordered, starting, standing);
  const gone = new Set([...start, ...refuse.map(({ id }) => id)]);
  return {
    start,
    wait: wait.filter(({ id, because }) => standing(id).turn !== because),
    refuse,
    waiting: waiting.filter((id) => !gone.has(id)),
    starting: [...new Set([...starting, ...start])],
  };
}

function inOrder(plan: StartPlan, ids: readonly string[]): readonly string[] {
  const chosen = new Set(ids);
  return everyone(plan).filter((id) => chosen.has(id));
}

/** What a plugin requires that was removed while it waited, or cannot be started since. */
function lackedBy(plan: StartPlan, plugin: string): string | undefined {
  const why = plan.unmet.get(plugin);
  switch (why?.kind) {
    case undefined:
      return undefined;
    case 'missing':
      return why.missing;
    case 'cycle':
      return why.cycle[1];
    case 'unmet':
      return why.requirement;
  }
}
