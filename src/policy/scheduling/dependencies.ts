/** A plugin and the plugins that it requires. */
export interface Dependent {
  readonly id: string;
  readonly requires: readonly string[];
}

/** Why a plugin can never start. */
export type UnmetRequirement =
  | { readonly kind: 'missing'; readonly missing: string }
  /** From this plugin along its requirements back to it: `a`, `b`, `a`. A longer one is cut after 8 and ends with `…`, `a`. */
  | { readonly kind: 'cycle'; readonly cycle: readonly string[] }
  /** It requires a plugin that can never start. */
  | { readonly kind: 'unmet'; readonly requirement: string };

/** The start order of a set of plugins. Its size grows with the number of requirements, not with the length of their chains. */
export interface StartPlan {
  /** The plugins that can be started, each after what it requires; otherwise as they were given. */
  readonly order: readonly string[];
  /** For each of them what it requires directly. */
  readonly requires: ReadonlyMap<string, readonly string[]>;
  /**
   * For each of them all that it requires, directly or not, in start order. It is found at each question: for a long
   * chain all the answers together would be too large to keep.
   */
  readonly needs: Pick<ReadonlyMap<string, readonly string[]>, 'get'>;
  /** The plugins that cannot be started, and why. */
  readonly unmet: ReadonlyMap<string, UnmetRequirement>;
}

/** Orders plugins so that each comes after what it requires. */
export function planStarts(dependents: readonly Dependent[]): StartPlan {
  const known = new Map(dependents.map(({ id, requires }) => [id, requires]));
  const unmet = new Map<string, UnmetRequirement>();
  const requires = new Map<string, readonly string[]>();
  const finish = (id: string): void => {
    if (unmet.has(id)) return;
    const required = known.get(id) ?? [];
    const problem = unmetRequirement(required, known, unmet);
    if (problem === null) requires.set(id, required);
    else unmet.set(id, problem);
  };
  const isDecided = (id: string): boolean => requires.has(id) || unmet.has(id);
  const onCycle = (cycle: readonly string[]): void => {
    for (const [at, id] of cycle.entries()) unmet.set(id, { kind: 'cycle', cycle: cycleFrom(cycle, at) });
  };
  for (const { id } of dependents)
    if (!isDecided(id)) walkRequirements(id, (one) => known.get(one), { isDecided, finish, onCycle });
  const needs = { get: (id: string) => (requires.has(id) ? requirementsOf(requires, id) : undefined) };
  return { order: orderOf(dependents, requires), requires, needs, unmet };
}

interface Walk {
  /** Whether a plugin need not be visited. */
  readonly isDecided: (id: string) => boolean;
  /** Called with each plugin after all that it requires. */
  readonly finish: (id: string) => void;
  readonly onCycle?: (cycle: readonly string[]) => void;
}

/** Visits a plugin and all that it requires, depth first. Not by recursion, as a chain may be longer than the stack. */
function walkRequirements(
  start: string,
  requirementsOf: (id: string) => readonly string[] | undefined,
  { isDecided, finish, onCycle }: Walk,
): void {
  const path = [{ id: start, next: 0 }];
  const places = new Map([[start, 0]]);
  for (let step = path.at(-1); step !== undefined; step = path.at(-1)) {
    const required = requirementsOf(step.id)?.[step.next];
    step.next += 1;
    if (required === undefined) {
      path.pop();
      places.delete(step.id);
      finish(step.id);
      continue;
    }
    const place = places.get(required);
    if (place !== undefined) onCycle?.(path.slice(place).map(({ id }) => id));
    else if (!isDecided(required) && requirementsOf(required) !== undefined) {
      places.set(required, path.length);
      path.push({ id: required, next: 0 });
    }
  }
}

/** The most members of a cycle that are named. */
const maxNamed = 8;

function cycleFrom(cycle: readonly string[], at: number): readonly string[] {
  const first = cycle[at] ?? '';
  const named = Array.from(
    { length: Math.min(cycle.length, maxNamed) },
    (_, index) => cycle[(at + index) % cycle.length] ?? '',
  );
  return [...named, ...(cycle.length > maxNamed ? ['…'] : []), first];
}

/** A plugin that can never start does not change the order of what it requires. */
function orderOf(
  dependents: readonly Dependent[],
  requires: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const order = new Set<string>();
  const walk: Walk = { isDecided: (id) => order.has(id), finish: (id) => order.add(id) };
  for (const { id } of dependents)
    if (requires.has(id) && !order.has(id)) walkRequirements(id, (one) => requires.get(one), walk);
  return [...order];
}

function unmetRequirement(
  required: readonly string[],
  known: ReadonlyMap<string, unknown>,
  unmet: ReadonlyMap<string, UnmetRequirement>,
): UnmetRequirement | null {
  const missing = required.find((id) => !known.has(id));
  if (missing !== undefined) return { kind: 'missing', missing };
  const requirement = required.find((id) => unmet.has(id));
  return requirement === undefined ? null : { kind: 'unmet', requirement };
}

function requirementsOf(requires: ReadonlyMap<string, readonly string[]>, id: string): readonly string[] {
  const found = new Set<string>();
  walkRequirements(id, (one) => requires.get(one), {
    isDecided: (one) => found.has(one),
    finish: (one) => found.add(one),
  });
  found.delete(id);
  return [...found];
}

/** All plugins that require this one, directly or indirectly, in start order. */
export function dependentsOf({ order, requires }: StartPlan, id: string): readonly string[] {
  const found = new Set([id]);
  for (const other of order)
    if (requires.get(other)?.some((one) => found.has(one)) === true) found.add(other);
  found.delete(id);
  return [...found];
}

/** All plugins in start order, those that can never start last. */
export function allPlugins({ order, unmet }: StartPlan): readonly string[] {
  return [...order, ...unmet.keys()];
}
