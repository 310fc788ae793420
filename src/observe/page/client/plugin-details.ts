import { timeOfDay } from './state-labels.js';
import type { PageActor } from './page-state.js';

/** What the page shows of the context of a plugin machine. */
export interface PluginDetails {
  readonly generation: number;
  readonly pid: number | null;
  /** Names, as in `PluginStatus`, and values. */
  readonly fields: readonly (readonly [string, string])[];
  readonly error: { readonly code: string; readonly message: string; readonly hint: string } | null;
}

/** The details of a plugin; `null` for any other actor. */
export function pluginDetails(actor: PageActor): PluginDetails | null {
  const context = actor.snapshot.context;
  if (actor.chart?.id !== 'plugin' || context === undefined) return null;
  const text = (...keys: string[]): string | null => asText(valueAt(context, keys));
  const time = (key: string): string | null => {
    const value = context[key];
    return typeof value === 'number' ? timeOfDay(value) : null;
  };
  const pid = valueAt(context, ['process', 'pid']);
  const fields: readonly (readonly [string, string | null])[] = [
    ['generation', text('generation')],
    ['pid', asText(pid)],
    ['version', text('bundle', 'manifest', 'version')],
    ['wanted', context.wanted === true ? 'yes' : 'no'],
    ['restarts', text('restarts')],
    ['since', time('since')],
    ['because', text('because')],
    ['address', text('channel', 'address')],
    ['transport', text('channel', 'transport')],
    ['multiplexed', valueAt(context, ['channel', 'multiplexed']) === true ? 'yes' : null],
    ['probes', probes(context)],
    ['ready', valueAt(context, ['health', 'notServingSince']) === null ? null : 'no: NOT_SERVING'],
  ];
  return {
    generation: typeof context.generation === 'number' ? context.generation : 0,
    pid: typeof pid === 'number' ? pid : null,
    fields: fields.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
    error: errorDetails(context.error),
  };
}

/** The code, message and hint of an error; `null` for anything else. */
export function errorDetails(error: unknown): PluginDetails['error'] {
  if (typeof error !== 'object' || error === null) return null;
  const { code, message, hint } = error as Readonly<Record<string, unknown>>;
  return { code: asText(code) ?? '', message: asText(message) ?? '', hint: asText(hint) ?? '' };
}

function probes(context: Readonly<Record<string, unknown>>): string | null {
  const count = (key: string): string | null => asText(valueAt(context, ['health', key]));
  const [passed, missed, lastMs] = [count('passed'), count('missed'), count('lastMs')];
  if (passed === null || missed === null) return null;
  return `${passed} passed, ${missed} missed${lastMs === null ? '' : `, last in ${lastMs} ms`}`;
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  return keys.reduce<unknown>(
    (found, key) =>
      typeof found === 'object' && found !== null ? (found as Record<string, unknown>)[key] : undefined,
    value,
  );
}

function asText(value: unknown): string | null {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : null;
}
