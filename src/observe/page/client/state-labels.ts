import { pluginStateTones, type StateTone } from '../../../model/index.js';

/** XState's value of a state: the name of an atomic state, or an object of names and their values. */
export type StateValue = string | { readonly [name: string]: StateValue };

/** The tones of states of the other machines; those of a plugin are in `pluginStateTones`. */
const stateTones: Readonly<Record<string, StateTone>> = {
  ...pluginStateTones,
  running: 'good',
  suspended: 'busy',
  stoppingChildren: 'stopping',
  backingOff: 'busy',
  startingChildren: 'busy',
  escalating: 'bad',
  betweenProbes: 'good',
  probing: 'busy',
  redialling: 'busy',
  awaitingExit: 'busy',
  missed: 'bad',
  lost: 'bad',
  error: 'bad',
};

/** The tone of a state label; of parallel regions, that of the first. Default: `inactive`. */
export function toneOf(label: string): StateTone {
  const [first = label] = label.split(regionSeparator);
  return stateTones[first] ?? 'inactive';
}

const regionSeparator = ' · ';

/**
 * A state value in one short label: of parallel regions the innermost name of each, else the outermost name. The
 * inner states, such as `drainingMailbox`, change with every event and mean nothing without the outer one.
 */
export function shortStateLabel(value: StateValue | undefined): string {
  const paths = pathsOf(value);
  return paths.length > 1 ? paths.map((path) => path.at(-1)).join(regionSeparator) : (paths[0]?.[0] ?? '');
}

/** The paths of a state value, outermost state first; one path for each parallel region. */
export function pathsOf(value: StateValue | undefined): readonly (readonly string[])[] {
  if (value === undefined) return [];
  if (typeof value === 'string') return [[value]];
  return Object.entries(value).flatMap(([name, inner]) => {
    const deeper = pathsOf(inner);
    return deeper.length === 0 ? [[name]] : deeper.map((path) => [name, ...path]);
  });
}

/**
 * The label of a plugin: its `PluginStatus.state`. The machine state `pending` is `pending` while the plugin is queued
 * for a start slot, else `restarting`.
 */
export function pluginStateLabel(
  value: StateValue | undefined,
  context: Readonly<Record<string, unknown>> | undefined,
): string {
  if (value === 'pending') return typeof context?.queued === 'string' ? 'pending' : 'restarting';
  const path = pathsOf(value)[0] ?? [];
  return path.findLast((name) => name in pluginStateTones) ?? path.join('.');
}

/** A state value as text, for example `live.stopping.killing`. */
export function statePath(value: StateValue | undefined): string {
  return pathsOf(value)
    .map((path) => path.join('.'))
    .join(' + ');
}

/** A path without the environment, groups and shards above a plugin: plugin ids are unique without them. */
export function shortActorPath(path: string): string {
  const names = path.split('/');
  const first = names.findIndex((name, depth) => depth > 0 && !/^(group|shard):/.test(name));
  return first === -1 ? (names.at(-1) ?? path) : names.slice(first).join(' › ');
}

/** A moment, in milliseconds since the epoch, as local `hh:mm:ss.mmm`. */
export function timeOfDay(at: number): string {
  const time = new Date(at);
  const twoDigits = (part: number): string => String(part).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${twoDigits(time.getHours())}:${twoDigits(time.getMinutes())}:${twoDigits(time.getSeconds())}.${ms}`;
}
