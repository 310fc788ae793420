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
  /** Whether it waits for its turn or its group, or will once it is down. */
  readonly isHeld: boolean;
  /** Whether it has no process and waits for its turn, or was given it a moment ago. */
  readonly awaitsTurn: boolean;
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
    queue: [],
    starting: [],
    resuming: [],
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
    queue: context.queue.filter((id) => id !== plugin),
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
  readonly queue: readonly string[];
  readonly starting: readonly string[];
}

/**
 * Gives out turns: to whoever has all that it requires, and not to more at a time than may start. Who is up or on its
 * way needs none, but for the one that is restarted: it has been told to come down.
 */
export function turns(
  context: EnvironmentContext,
  standing: StandingOf,
  restarted: string | null = null,
): Turns {
  const queued = new Set(context.queue);
  // Who has had its turn may not have heard of it yet.
  const starting = context.starting.filter(
    (id) => isRising(standing(id).state) || (standing(id).awaitsTurn && !queued.has(id)),
  );
  const start: string[] = [];
  const up: string[] = [];
  const wait: { id: string; because: string }[] = [];
  const refuse: { id: string; error: PluginError }[] = [];
  for (const id of context.queue) {
    const lacking = lackedBy(context, id);
    if (lacking !== null) {
      refuse.push({ id, error: unmet(id, lacking, null) });
      queued.delete(id);
      continue;
    }
    if (standing(id).state === 'healthy' && id !== restarted) {
      up.push(id);
      continue;
    }
    const pending = (context.layout.plan.needs.get(id) ?? []).filter(
      (other) => standing(other).state !== 'healthy',
    );
    const hopeless = pending.find((other) => !isExpected(standing(other)) && !queued.has(other));
    if (hopeless !== undefined) {
      refuse.push({ id, error: unmet(id, hopeless, standing(hopeless).error) });
      queued.delete(id);
    } else if (isRising(standing(id).state) && !standing(id).isHeld && id !== restarted) start.push(id);
    else if (pending[0] !== undefined) wait.push({ id, because: `requirement.awaited ${pending[0]}` });
    else if (starting.length + start.length >= context.startConcurrency)
      wait.push({ id, because: 'turn.awaited' });
    else start.push(id);
  }
  return {
    start: [...up, ...start],
    wait,
    refuse,
    queue: wait.map(({ id }) => id),
    starting: [...starting, ...start],
  };
}

/** What a plugin requires that was removed while it waited, or cannot be started since. */
function lackedBy({ layout }: EnvironmentContext, plugin: string): string | null {
  const why = layout.plan.unmet.get(plugin);
  switch (why?.kind) {
    case undefined:
      return null;
    case 'missing':
      return why.missing;
    case 'cycle':
      return why.cycle[1] ?? plugin;
    case 'unmet':
      return why.requirement;
  }
}

function isRising(state: PluginState): boolean {
  return state === 'spawning' || state === 'handshaking';
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

/** Puts a plugin in the queue behind all that it requires and that does not run yet. */
export function enlisted(
  context: EnvironmentContext,
  { plugin, resumes = false }: { readonly plugin: string; readonly resumes?: boolean },
  standing: StandingOf,
): Partial<EnvironmentContext> {
  const needs = context.layout.plan.needs.get(plugin) ?? [];
  const asleep = needs.filter((id) => !isExpected(standing(id)) || isLeaving(context, id));
  const wanted = [...asleep, plugin];
  return {
    queue: [...context.queue, ...wanted.filter((id) => !context.queue.includes(id))],
    resuming: [...context.resuming.filter((id) => id !== plugin), ...(resumes ? [plugin] : [])],
    leaving: context.leaving.filter(({ id }) => id !== plugin && !needs.includes(id)),
  };
}

export function enlistedAll(context: EnvironmentContext, standing: StandingOf): Partial<EnvironmentContext> {
  const queued = new Set(context.queue);
  const asleep = context.layout.plan.order.filter((id) => !isExpected(standing(id)) && !queued.has(id));
  return { queue: [...context.queue, ...asleep], leaving: [] };
}

/** A plugin leaves, and before it whatever requires it. */
export function dismissed(
  context: EnvironmentContext,
  plugin: string,
  standing: StandingOf,
): Partial<EnvironmentContext> {
  const { queue, layout, leaving } = context;
  const dependents = dependentsOf(layout.plan, plugin).filter(
    (id) => standing(id).wanted || standing(id).state === 'stopping' || queue.includes(id),
  );
  const going: Leaving[] = [
    { id: plugin, isTold: false },
    ...dependents.map((id) => ({ id, isTold: false, because: `requirement.deactivated ${plugin}` })),
  ];
  const ids = going.map(({ id }) => id);
  return {
    queue: queue.filter((id) => !ids.includes(id)),
    leaving: [...leaving.filter(({ id }) => !ids.includes(id)), ...going],
  };
}

/** Everything leaves that has not come to rest already. */
export function dismissedAll(context: EnvironmentContext, standing: StandingOf): Partial<EnvironmentContext> {
  const running = context.members
    .map(({ bundle }) => bundle.manifest.id)
    .filter((id) => standing(id).state !== 'idle');
  return {
    queue: [],
    leaving: running.map((id) => ({ id, isTold: false, because: 'environment.stopping' })),
  };
}

export const withoutProcess: readonly PluginState[] = [
  'idle',
  'waiting',
  'crashed',
  'restarting',
  'failed',
  'invalid',
];

/** Whom to tell now that it is to come down: whoever is down or on its way at once, the others after their dependents. */
export function departures(context: EnvironmentContext, standing: StandingOf): readonly Leaving[] {
  const steps = context.leaving.map(({ id, isTold }) => {
    const { state } = standing(id);
    const progress = withoutProcess.includes(state)
      ? ('down' as const)
      : isTold || state === 'stopping'
        ? ('sinking' as const)
        : ('up' as const);
    return { id, progress, after: context.layout.after.get(id) ?? [] };
  });
  const running = new Set(nextDown(steps));
  // What is on its way down already has to hear only that it does not start again.
  const lying = new Set(steps.filter(({ progress }) => progress !== 'up').map(({ id }) => id));
  return context.leaving.filter(({ id, isTold }) => !isTold && (running.has(id) || lying.has(id)));
}

function isLeaving({ leaving }: EnvironmentContext, plugin: string): boolean {
  return leaving.some(({ id }) => id === plugin);
}
