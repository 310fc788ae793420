/** One thing, several, or none, as XState lets a machine be written. */
export type OneOrMany<Item> = Item | readonly Item[] | undefined;

export interface TransitionDefinition {
  readonly target?: OneOrMany<string>;
  readonly guard?: unknown;
  readonly actions?: OneOrMany<unknown>;
}

export type TransitionsDefinition = OneOrMany<string | TransitionDefinition>;

export interface InvokeDefinition {
  readonly id?: string;
  readonly src?: unknown;
  readonly onDone?: TransitionsDefinition;
  readonly onError?: TransitionsDefinition;
  readonly onSnapshot?: TransitionsDefinition;
}

/**
 * A machine as it was written, as far as a chart shows it. It is what `createMachine` was given, or the same
 * after a trip through JSON (see `definitionOf`).
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

export function listOf<Item>(items: OneOrMany<Item>): readonly Item[] {
  if (items === undefined) return [];
  return Array.isArray(items) ? (items as readonly Item[]) : [items as Item];
}
