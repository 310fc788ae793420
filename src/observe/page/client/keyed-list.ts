import type { PageElement } from './browser.js';

export interface KeyedList<Item> {
  /** Makes the list show these items, in this order; what stays keeps its element, and so focus and selection. */
  show(items: readonly Item[]): void;
  elementOf(key: string): PageElement | undefined;
}

/** A list of elements, one per item. */
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
      let place = parent.firstElementChild;
      for (const item of items) {
        const key = keyOf(item);
        const known = elements.get(key);
        const element = known ?? create(item);
        elements.set(key, element);
        update(element, item);
        if (element === place) place = place.nextElementSibling;
        else parent.insertBefore(element, place);
      }
    },
    elementOf: (key) => elements.get(key),
  };
}
