import type { PageElement } from './browser.js';

/** A list of DOM elements, one per item. */
export interface KeyedList<Item> {
  /** Shows these items in this order. An item that stays keeps its element, and with it focus and selection. */
  show(items: readonly Item[]): void;
  elementOf(key: string): PageElement | undefined;
}

/** Creates a list whose elements are reused by key. */
export function createKeyedList<Item>(
  parent: PageElement,
  keyOf: (item: Item) => string,
  create: (item: Item) => PageElement,
  update: (element: PageElement, item: Item) => void,
): KeyedList<Item> {
  const elements = new Map<string, PageElement>();
  return {
    show(items) {
      const keys = new Set(items.map(keyOf));
      for (const [key, element] of elements) {
        if (keys.has(key)) continue;
        element.remove();
        elements.delete(key);
      }
      let next = parent.firstElementChild;
      for (const item of items) {
        const key = keyOf(item);
        const known = elements.get(key);
        const element = known ?? create(item);
        elements.set(key, element);
        update(element, item);
        if (element === next) next = next.nextElementSibling;
        else parent.insertBefore(element, next);
      }
    },
    elementOf: (key) => elements.get(key),
  };
}
