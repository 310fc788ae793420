import { timeOfDay } from './words.js';
import type { PageActor } from './world.js';

/** What is known of a plugin beside its state, as its context says. */
export interface PluginFacts {
  readonly generation: number;
  readonly pid: number | null;
  /** Name and value, in reading order. */
  readonly list: readonly (readonly [string, string])[];
  readonly trouble: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

/** `null` for an actor that is no plugin. */
export function pluginFacts(actor: PageActor): PluginFacts | null {
  const context = actor.snapshot.context;
  if (actor.chart?.id !== 'plugin' || context === undefined) return null;
  const text = (...keys: string[]): string | null => asText(at(context, keys));
  const time = (key: string): string | null => {
    const value = context[key];
    return typeof value === 'number' ? timeOfDay(value) : null;
  };
  const pid = at(context, ['process', 'pid']);
  const facts: readonly (readonly [string, string | null])[] = [
    ['generation', text('generation')],
    ['pid', asText(pid)],
    ['version', text('bundle', 'manifest', 'version')],
    ['wanted', context.wanted === true ? 'yes' : 'no'],
    ['restarts', text('restarts')],
    ['since', time('since')],
    ['because', text('because')],
    ['address', text('channel', 'address')],
    ['transport', text('channel', 'transport')],
    ['multiplexed', at(context, ['channel', 'multiplexed']) === true ? 'yes' : null],
    ['probes', probes(context)],
    ['ready', at(context, ['health', 'notServingSince']) === null ? null : 'no, it says NOT_SERVING'],
  ];
  return {
    generation: typeof context.generation === 'number' ? context.generation : 0,
    pid: typeof pid === 'number' ? pid : null,
    list: facts.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    trouble: troubleOf(context.error),
  };
}

/** Anything that went wrong, as its code, message and hint. */
export function troubleOf(error: unknown): PluginFacts['trouble'] {
  if (typeof error !== 'object' || error === null) return null;
  const { code, message, hint } = error as Readonly<Record<string, unknown>>;
  return { code: asText(code) ?? '', message: asText(message) ?? '', hint: asText(hint) ?? '' };
}

function probes(context: Readonly<Record<string, unknown>>): string | null {
  const count = (key: string): string | null => asText(at(context, ['health', key]));
  const [passed, missed, lastMs] = [count('passed'), count('missed'), count('lastMs')];
  if (passed === null || missed === null) return null;
  return `${passed} passed, ${missed} missed${lastMs === null ? '' : `, last in ${lastMs} ms`}`;
}

function at(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (held, key) =>
      typeof held === 'object' && held !== null ? (held as Record<string, unknown>)[key] : undefined,
    value,
  );
}

function asText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
