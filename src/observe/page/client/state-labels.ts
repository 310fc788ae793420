import type { PluginState } from '../../../model/index.js';

/** A state's value as XState has it: a name, or names of regions with values. */
export type StateValue = string | { readonly [name: string]: StateValue };

/** How a state is to be felt: all well, under way, on its way out, wrong, or at rest. */
export type StatusTone = 'good' | 'busy' | 'stopping' | 'bad' | 'inactive';

const pluginStateTones: Readonly<Record<Exclude<PluginState, 'invalid'>, StatusTone>> = {
  idle: 'inactive',
  pending: 'busy',
  spawning: 'busy',
  handshaking: 'busy',
  healthy: 'good',
  stopping: 'stopping',
  crashed: 'bad',
  restarting: 'busy',
  failed: 'bad',
};

const stateTones: Readonly<Record<string, StatusTone>> = {
  ...pluginStateTones,
  running: 'good',
  suspended: 'busy',
  stoppingChildren: 'stopping',
  backingOff: 'busy',
  startingChildren: 'busy',
  escalating: 'bad',
  betweenProbes: 'good',
  probing: 'busy',
  awaitingExit: 'busy',
  missed: 'bad',
  lost: 'bad',
  error: 'bad',
};

/** Of several regions the first one sets the tone. */
export function toneOf(label: string): StatusTone {
  const [first = label] = label.split(regionSeparator);
  return stateTones[first] ?? 'inactive';
}

const regionSeparator = ' · ';

/**
 * What fits on a line of the tree: of parallel regions, the innermost name of each; else the outermost one, as what is
 * finer, such as `due`, says nothing by itself and comes and goes at every turn.
 */
export function shortStateLabel(value: StateValue | undefined): string {
  const paths = pathsOf(value);
  return paths.length > 1 ? paths.map((path) => path.at(-1)).join(regionSeparator) : (paths[0]?.[0] ?? '');
}

/** The names from the outermost state to the innermost; of parallel regions, one path each. */
export function pathsOf(value: StateValue | undefined): readonly (readonly string[])[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [[value]];
  return Object.entries(value).flatMap(([name, inner]) => {
    const deeper = pathsOf(inner);
    return deeper.length === 0 ? [[name]] : deeper.map((path) => [name, ...path]);
  });
}

/**
 * The one word for where a plugin is, the same as in its status; the finer states within some of them have none of
 * their own, and one that is held has two: it waits for its turn, or for its group.
 */
export function pluginStateLabel(
  value: StateValue | undefined,
  context: Readonly<Record<string, unknown>> | undefined,
): string {
  if (value === 'pending') return typeof context?.queued === 'string' ? 'pending' : 'restarting';
  const path = pathsOf(value)[0] ?? [];
  return path.findLast((name) => name in pluginStateTones) ?? path.join('.');
}

/** The whole path of a state as one text. */
export function statePath(value: StateValue | undefined): string {
  return pathsOf(value)
    .map((path) => path.join('.'))
    .join(' + ');
}

/** An actor by its path, short: no id is there twice, so the groups above a plugin only take its place. */
export function shortActorPath(path: string): string {
  const names = path.split('/');
  const first = names.findIndex((name, depth) => depth > 0 && !/^(group|shard):/.test(name));
  return first === -1 ? (names.at(-1) ?? path) : names.slice(first).join(' › ');
}

export function timeOfDay(at: number): string {
  const time = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}
