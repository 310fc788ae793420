/** A plugin and the plugins that it requires. */
export interface Dependent {
  readonly id: string;
  readonly requires: readonly string[];
}

/** Why a plugin can never start. */
export type UnmetRequirement =
  | { readonly kind: 'missing'; readonly missing: string }
  /** From the first one back to it: `a`, `b`, `a`. */
  | { readonly kind: 'cycle'; readonly cycle: readonly string[] }
  /** It requires a plugin that can never start. */
  | { readonly kind: 'unmet'; readonly requirement: string };

/** The start order of a set of plugins. */
export interface StartPlan {
  /** The plugins that can start, each after what it requires, otherwise in the given order. */
  readonly order: readonly string[];
  /** For each of them all that it requires, directly or indirectly, in start order. */
  readonly needs: ReadonlyMap<string, readonly string[]>;
  /** The plugins that can never start, and why. */
  readonly unmet: ReadonlyMap<string, UnmetRequirement>;
}

/** Orders plugins so that each comes after what it requires. */
export function planStarts(dependents: readonly Dependent[]): StartPlan {
  const requires = new Map(dependents.map(({ id, requires: required }) => [id, required]));
  const unmet = new Map<string, UnmetRequirement>();
  const needs = new Map<string, readonly string[]>();
  const path: string[] = [];

  const visit = (id: string): void => {
    if (needs.has(id) || unmet.has(id)) return;
    const from = path.indexOf(id);
    if (from !== -1) {
      const cycle = path.slice(from);
      for (const [at, member] of cycle.entries())
        unmet.set(member, { kind: 'cycle', cycle: [...cycle.slice(at), ...cycle.slice(0, at), member] });
      return;
    }
    const required = requires.get(id) ?? [];
    path.push(id);
    for (const other of required) if (requires.has(other)) visit(other);
    path.pop();
    if (unmet.has(id)) return;
    const problem = unmetRequirement(required, requires, unmet);
    if (problem !== null) {
      unmet.set(id, problem);
      return;
    }
    const all = new Set(required.flatMap((other) => [...(needs.get(other) ?? []), other]));
    needs.set(id, [...all]);
  };

  for (const { id } of dependents) visit(id);
  return { order: orderOf(dependents, needs), needs, unmet };
}

/** A plugin that can never start does not change the order of what it requires. */
function orderOf(
  dependents: readonly Dependent[],
  needs: ReadonlyMap<string, readonly string[]>,
): readonly string[] {
  const order = new Set<string>();
  for (const { id } of dependents) {
    const needed = needs.get(id);
    if (needed !== undefined) for (const one of [...needed, id]) order.add(one);
  }
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

/** All plugins that require this one, directly or indirectly, in start order. */
export function dependentsOf(plan: StartPlan, id: string): readonly string[] {
  return plan.order.filter((other) => plan.needs.get(other)?.includes(id));
}

/** All plugins in start order, those that can never start last. */
export function allPlugins({ order, unmet }: StartPlan): readonly string[] {
  return [...order, ...unmet.keys()];
}
