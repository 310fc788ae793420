import type { PluginState } from '../../../model/index.js';

/** A state's value as XState has it: a name, or names of regions with values. */
export type StateValue = string | { readonly [name: string]: StateValue };

/** How a state is to be felt: all well, under way, on its way out, wrong, or at rest. */
export type Tone = 'good' | 'busy' | 'leaving' | 'bad' | 'rest';

const pluginTones: Readonly<Record<Exclude<PluginState, 'invalid'>, Tone>> = {
  idle: 'rest',
  waiting: 'busy',
  spawning: 'busy',
  handshaking: 'busy',
  healthy: 'good',
  stopping: 'leaving',
  crashed: 'bad',
  restarting: 'busy',
  failed: 'bad',
};

const tones: Readonly<Record<string, Tone>> = {
  ...pluginTones,
  running: 'good',
  steady: 'good',
  held: 'busy',
  gathering: 'leaving',
  pausing: 'busy',
  starting: 'busy',
  escalating: 'bad',
  waiting: 'good',
  probing: 'busy',
  suspecting: 'busy',
  missed: 'bad',
  lost: 'bad',
  error: 'bad',
};

/** Of several regions the first one sets the tone. */
export function toneOf(word: string): Tone {
  const [first = word] = word.split(between);
  return tones[first] ?? 'rest';
}

const between = ' · ';

/**
 * What fits on a line of the tree: of parallel regions, the innermost name of each; else the outermost one, as what is
 * finer, such as `due`, says nothing by itself and comes and goes at every turn.
 */
export function shortText(value: StateValue | undefined): string {
  const paths = pathsOf(value);
  return paths.length > 1 ? paths.map((path) => path.at(-1)).join(between) : (paths[0]?.[0] ?? '');
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
export function pluginWord(
  value: StateValue | undefined,
  context: Readonly<Record<string, unknown>> | undefined,
): string {
  if (value === 'held') return typeof context?.turn === 'string' ? 'waiting' : 'restarting';
  const path = pathsOf(value)[0] ?? [];
  return path.findLast((name) => name in pluginTones) ?? path.join('.');
}

/** The whole path of a state as one text. */
export function stateText(value: StateValue | undefined): string {
  return pathsOf(value)
    .map((path) => path.join('.'))
    .join(' + ');
}

/** An actor by its path, short: no id is there twice, so the groups above a plugin only take its place. */
export function whoIs(path: string): string {
  const names = path.split('/');
  const first = names.findIndex((name, depth) => depth > 0 && !/^(group|shelf):/.test(name));
  return first === -1 ? (names.at(-1) ?? path) : names.slice(first).join(' › ');
}

export function timeOfDay(at: number): string {
  const time = new Date(at);
  const two = (part: number): string => String(part).padStart(2, '0');
  const ms = String(time.getMilliseconds()).padStart(3, '0');
  return `${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${ms}`;
}
