import {
  PluginError,
  rootGroup,
  type PluginState,
  type SupervisionPolicy,
  type SupervisorSpec,
} from '../model/index.js';
import {
  dependentsOf,
  nextDown,
  planStarts,
  precedence,
  presets,
  treeOf,
  type Branch,
  type Step,
} from '../policy/index.js';
import type {
  AddedBundle,
  EnvironmentContext,
  EnvironmentInput,
  Layout,
  Leaving,
  Member,
} from './environment.types.js';
import type { ChildSpec } from './supervisor.types.js';

/** What the desk asks about a plugin before it gives out turns. */
export interface Standing {
  readonly state: PluginState;
  readonly wanted: boolean;
  /** What it waits for before its next start; `null`: not for its turn. */
  readonly turn: string | null;
  /** Whether its group keeps it down. */
  readonly isHeld: boolean;
  readonly error: PluginError | null;
}

export type StandingOf = (plugin: string) => Standing;

const { restart } = presets.espalier;

/** The root where nothing else is said: one plugin's end never touches another one. */
export const plainRoot: SupervisorSpec = {
  name: rootGroup,
  strategy: 'one-for-one',
  intensity: null,
  // Without a budget it counts nothing.
  periodMs: restart.periodMs ?? Infinity,
  autoShutdown: 'never',
  significant: false,
  parent: null,
  members: [],
  backoff: restart.backoff,
  halfOpenAfterMs: restart.halfOpenAfterMs,
};

export function initialDesk(input: EnvironmentInput): EnvironmentContext {
  const { specs = [plainRoot], startConcurrency = Infinity } = input;
  return {
    specs,
    startConcurrency,
    members: [],
    layout: layOut([], specs),
    waiting: [],
    starting: [],
    leaving: [],
  };
}

export function withMembers(
  context: EnvironmentContext,
  added: readonly AddedBundle[],
): Partial<EnvironmentContext> {
  const ids = new Set(added.map(({ bundle }) => bundle.manifest.id));
  const staying = context.members.filter(({ bundle }) => !ids.has(bundle.manifest.id));
  const members = [...staying, ...added.map((one) => ({ group: rootGroup, significant: false, ...one }))];
  return { members, layout: layOut(members, context.specs) };
}

/** Another policy for a member; where it is in the tree stays. */
export function withPolicy(
  { members }: EnvironmentContext,
  plugin: string,
  policy: SupervisionPolicy,
): Partial<EnvironmentContext> {
  return {
    members: members.map((member) => (member.bundle.manifest.id === plugin ? { ...member, policy } : member)),
  };
}

export function withoutMember(context: EnvironmentContext, plugin: string): Partial<EnvironmentContext> {
  const members = context.members.filter(({ bundle }) => bundle.manifest.id !== plugin);
  return {
    members,
    layout: layOut(members, context.specs),
    waiting: context.waiting.filter((id) => id !== plugin),
    starting: context.starting.filter((id) => id !== plugin),
    leaving: context.leaving.filter(({ id }) => id !== plugin),
  };
}

/** Members first in the order that their groups give them, then by id. What cannot be started is last. */
function layOut(members: readonly Member[], specs: readonly SupervisorSpec[]): Layout {
  const place = new Map(specs.flatMap((spec) => spec.members.map((id, index) => [id, index])));
  const sorted = members
    .map(({ bundle: { manifest }, group }) => ({ id: manifest.id, requires: manifest.requires, group }))
    .sort((a, b) => rank(place, a.id) - rank(place, b.id) || (a.id < b.id ? -1 : 1));
  const plan = planStarts(sorted);
  const groups = new Map(sorted.map(({ id, group }) => [id, group]));
  const order = [...plan.order, ...plan.unmet.keys()];
  const tree = treeOf(
    specs,
    order.map((id) => ({ id, group: groups.get(id) ?? rootGroup })),
    plan,
  );
  return { plan, tree, groups, after: precedence(tree, plan) };
}

function rank(place: ReadonlyMap<string, number>, id: string): number {
  return place.get(id) ?? Number.MAX_SAFE_INTEGER;
}

/** The children of a branch, with all that their actors need. */
export function childSpecs({ children }: Branch, members: readonly Member[]): readonly ChildSpec[] {
  const known = new Map(members.map((member) => [member.bundle.manifest.id, member]));
  const specsOf = (branch: Branch): readonly ChildSpec[] =>
    branch.children.flatMap((child): ChildSpec[] => {
      const { id, after } = child;
      if (child.kind === 'supervisor') {
        const { spec } = child.branch;
        return [
          {
            kind: 'supervisor',
            id,
            after,
            significant: spec.significant,
            spec,
            children: specsOf(child.branch),
          },
        ];
      }
      const member = known.get(id);
      return member === undefined ? [] : [{ kind: 'plugin', id, after, ...member }];
    });
  return specsOf({ spec: plainRoot, children });
}

/** What is to be told to plugins whose turn it may be. */
export interface Turns {
  readonly start: readonly string[];
  readonly wait: readonly { readonly id: string; readonly because: string }[];
  readonly refuse: readonly { readonly id: string; readonly error: PluginError }[];
}

/**
 * Gives out turns among these: to whoever has all that it requires, and not to more at a time than may start.
 *
 * @param candidates In start order. Each of them comes up if its turn comes.
 * @param rising Those that had their turn, and are on their way up.
 */
export function turnsOf(
  { layout, startConcurrency }: EnvironmentContext,
  candidates: readonly string[],
  rising: readonly string[],
  standing: StandingOf,
): Turns {
  const hopeful = new Set(candidates);
  const busy = new Set(rising);
  const start: string[] = [];
  const wait: { id: string; because: string }[] = [];
  const refuse: { id: string; error: PluginError }[] = [];
  for (const id of candidates) {
    const pending = (layout.plan.needs.get(id) ?? []).filter((other) => standing(other).state !== 'healthy');
    const hopeless =
      lackedBy(layout, id) ?? pending.find((other) => !isExpected(standing(other)) && !hopeful.has(other));
    if (hopeless !== undefined) {
      const cause = refuse.find((other) => other.id === hopeless)?.error ?? standing(hopeless).error;
      refuse.push({ id, error: unmet(id, hopeless, cause) });
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
export function turns(
  context: EnvironmentContext,
  standing: StandingOf,
): Turns & Pick<EnvironmentContext, 'waiting' | 'starting'> {
  const { layout } = context;
  const starting = context.starting.filter((id) => isRising(standing(id)));
  const waiting = context.waiting.filter((id) => standing(id).turn !== null);
  const candidates = waiting.filter((id) => !standing(id).isHeld && mayStart(standing(id)));
  const { start, wait, refuse } = turnsOf(context, inOrder(layout, candidates), starting, standing);
  const gone = new Set([...start, ...refuse.map(({ id }) => id)]);
  return {
    start,
    wait: wait.filter(({ id, because }) => standing(id).turn !== because),
    refuse,
    waiting: waiting.filter((id) => !gone.has(id)),
    starting: [...new Set([...starting, ...start])],
  };
}

function inOrder({ plan }: Layout, ids: readonly string[]): readonly string[] {
  if (ids.length < 2) return ids;
  const chosen = new Set(ids);
  return [...plan.order, ...plan.unmet.keys()].filter((id) => chosen.has(id));
}

function isRising({ state }: Standing): boolean {
  return state === 'spawning' || state === 'handshaking';
}

/** A start needs no process before it; one that is being spawned for nobody may go on. */
function mayStart({ state }: Standing): boolean {
  return withoutProcess.includes(state) || state === 'spawning';
}

/** What a plugin requires that was removed while it waited, or cannot be started since. */
function lackedBy({ plan }: Layout, plugin: string): string | undefined {
  const why = plan.unmet.get(plugin);
  switch (why?.kind) {
    case undefined:
      return undefined;
    case 'missing':
      return why.missing;
    case 'cycle':
      return why.cycle[1] ?? plugin;
    case 'unmet':
      return why.requirement;
  }
}

/** Whether it is up, or will come up if all goes well. */
function isExpected({ state, wanted }: Standing): boolean {
  return wanted && state !== 'failed';
}

export function unmet(plugin: string, requirement: string, cause: PluginError | null): PluginError {
  return new PluginError({
    code: 'REQUIREMENT_UNMET',
    plugin,
    message: `The plugin requires ${requirement}, which does not come up: ${cause?.message ?? 'it was brought down.'}`,
    hint: cause?.hint ?? `Activate ${requirement} first.`,
    facts: { requirement },
    ...(cause !== null && { cause }),
  });
}

/** Whom an operator's wish makes start, and in which way. */
export interface Enlisting {
  /** At once. */
  readonly start: readonly string[];
  /** When their turn comes. */
  readonly wait: readonly { readonly id: string; readonly because: string }[];
  readonly change: Pick<EnvironmentContext, 'waiting' | 'starting' | 'leaving'>;
}

/** A plugin is wanted, and with it all that it requires and that does not come up by itself. */
export function enlisted(
  context: EnvironmentContext,
  plugin: string,
  standing: StandingOf,
  isRestart: boolean,
): Enlisting {
  const { layout, leaving } = context;
  if (!layout.groups.has(plugin)) return { start: [], wait: [], change: context };
  const needs = layout.plan.needs.get(plugin) ?? [];
  const asleep = needs.filter((id) => !isExpected(standing(id)) || isLeaving(context, id));
  const staying = leaving.filter(({ id }) => id !== plugin && !needs.includes(id));
  return enlist({ ...context, leaving: staying }, [...asleep, plugin], standing, isRestart ? plugin : null);
}

export function enlistedAll(context: EnvironmentContext, standing: StandingOf): Enlisting {
  const asleep = context.layout.plan.order.filter(
    (id) => !isExpected(standing(id)) || isLeaving(context, id),
  );
  return enlist({ ...context, leaving: [] }, asleep, standing, null);
}

/** `restarted` comes down first, if it runs. */
function enlist(
  context: EnvironmentContext,
  ids: readonly string[],
  standing: StandingOf,
  restarted: string | null,
): Enlisting {
  const { leaving, starting } = context;
  const comesDown = (id: string) =>
    standing(id).state === 'stopping' || (id === restarted && !mayStart(standing(id)));
  // Who is up, or on its way, needs no turn: only that its failures are forgotten.
  const isUp = (id: string) => !comesDown(id) && !mayStart(standing(id));
  const rising = starting.filter((id) => isRising(standing(id)));
  const turning = turnsOf(
    context,
    ids.filter((id) => !isUp(id)),
    rising,
    standing,
  );
  // Its group may keep down what could start otherwise.
  const start = turning.start.filter((id) => !comesDown(id) && !standing(id).isHeld);
  const wait = [
    ...turning.start.filter((id) => !start.includes(id)).map((id) => ({ id, because: 'turn.awaited' })),
    ...turning.wait,
    // It is told why as soon as it waits.
    ...turning.refuse.map(({ id }) => ({ id, because: 'turn.awaited' })),
  ];
  const waiting = new Set([...context.waiting, ...ids]);
  return {
    start: [...ids.filter(isUp), ...start],
    wait,
    change: { waiting: [...waiting], starting: [...new Set([...rising, ...start])], leaving },
  };
}

/** A plugin leaves, and before it whatever requires it. */
export function dismissed(
  { layout, leaving }: EnvironmentContext,
  plugin: string,
  standing: StandingOf,
): Pick<EnvironmentContext, 'leaving'> {
  const dependents = dependentsOf(layout.plan, plugin).filter(
    (id) => standing(id).wanted || standing(id).state === 'stopping',
  );
  const going: Leaving[] = [
    { id: plugin },
    ...dependents.map((id) => ({ id, because: `requirement.deactivated ${plugin}` })),
  ];
  const ids = going.map(({ id }) => id);
  return { leaving: [...leaving.filter(({ id }) => !ids.includes(id)), ...going] };
}

/** Everything leaves that has not come to rest already. */
export function dismissedAll(
  { members }: EnvironmentContext,
  standing: StandingOf,
): Pick<EnvironmentContext, 'leaving'> {
  const running = members
    .map(({ bundle }) => bundle.manifest.id)
    .filter((id) => standing(id).state !== 'idle');
  return { leaving: running.map((id) => ({ id, because: 'environment.stopping' })) };
}

const withoutProcess: readonly PluginState[] = [
  'idle',
  'waiting',
  'crashed',
  'restarting',
  'failed',
  'invalid',
];

/** Whether no plugin has anything left to come down from. */
export function isQuiet({ members, leaving }: EnvironmentContext, standing: StandingOf): boolean {
  return leaving.length === 0 && members.every(({ bundle }) => standing(bundle.manifest.id).state === 'idle');
}

/** Whom to tell now that it is to come down: whoever is down or on its way at once, the others after their dependents. */
export function departures(context: EnvironmentContext, standing: StandingOf): readonly Leaving[] {
  const { leaving, layout, members } = context;
  if (leaving.length === 0) return [];
  const steps = members.flatMap(({ bundle }): Step[] => {
    const { id } = bundle.manifest;
    const { state, wanted } = standing(id);
    const after = layout.after.get(id) ?? [];
    if (withoutProcess.includes(state)) return [{ id, progress: 'down', after }];
    if (!wanted) return [{ id, progress: 'sinking', after }];
    // What goes down for another reason comes up again.
    if (!isLeaving(context, id)) return [];
    return [{ id, progress: state === 'stopping' ? 'sinking' : 'up', after }];
  });
  // What is on its way down already has to hear only that it does not start again.
  const now = new Set([
    ...nextDown(steps),
    ...steps.filter(({ progress }) => progress !== 'up').map(({ id }) => id),
  ]);
  return leaving.filter(({ id }) => now.has(id));
}

function isLeaving({ leaving }: EnvironmentContext, plugin: string): boolean {
  return leaving.some(({ id }) => id === plugin);
}
