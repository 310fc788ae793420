/** A single item, a list, or nothing: how XState configs write lists. */
export type OneOrMany<Item> = Item | readonly Item[] | undefined;

/** A transition of an XState config. */
export interface TransitionDefinition {
  readonly target?: OneOrMany<string>;
  readonly guard?: unknown;
  readonly actions?: OneOrMany<unknown>;
}

/** The transitions of one event of an XState config. */
export type TransitionsDefinition = OneOrMany<string | TransitionDefinition>;

/** An invoked actor of an XState config. */
export interface InvokeDefinition {
  readonly id?: string;
  readonly src?: unknown;
  readonly onDone?: TransitionsDefinition;
  readonly onError?: TransitionsDefinition;
  readonly onSnapshot?: TransitionsDefinition;
}

/**
 * An XState config, as far as a chart shows it: the argument of `createMachine`, or the same parsed from the JSON of
 * `serializeDefinition`.
 */
export interface StateDefinition {
  readonly id?: string;
  readonly description?: string;
  readonly type?: string;
  readonly initial?: string | { readonly target: string };
  readonly states?: Readonly<Record<string, StateDefinition>>;
  readonly invoke?: OneOrMany<InvokeDefinition>;
  readonly always?: TransitionsDefinition;
  readonly on?: Readonly<Record<string, TransitionsDefinition>>;
  readonly after?: Readonly<Record<string, TransitionsDefinition>>;
  readonly onDone?: TransitionsDefinition;
}

/** Returns the items as a list. */
export function listOf<Item>(items: OneOrMany<Item>): readonly Item[] {
  if (items === undefined) return [];
  return Array.isArray(items) ? (items as readonly Item[]) : [items as Item];
}
