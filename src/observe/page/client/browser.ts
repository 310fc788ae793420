/**
 * The few parts of a browser that the page touches. The compiler's own types of it are all or nothing, and would
 * let every other room use a `document` that it does not have.
 */
export interface PageElement {
  readonly children: ArrayLike<PageElement>;
  readonly firstElementChild: PageElement | null;
  readonly nextElementSibling: PageElement | null;
  readonly classList: { toggle(name: string, force: boolean): void };
  readonly style: { setProperty(name: string, value: string): void };
  readonly scrollHeight: number;
  readonly clientHeight: number;
  readonly clientWidth: number;
  scrollTop: number;
  textContent: string | null;
  value: string;
  checked: boolean;
  hidden: boolean;
  open: boolean;
  append(...children: readonly (PageElement | string)[]): void;
  replaceChildren(...children: readonly (PageElement | string)[]): void;
  insertBefore(child: PageElement, before: PageElement | null): void;
  remove(): void;
  focus(): void;
  blur(): void;
  scrollIntoView(options: { readonly block: 'nearest' }): void;
  setAttribute(name: string, value: string): void;
  getAttribute(name: string): string | null;
  removeAttribute(name: string): void;
  addEventListener(type: string, listener: (event: DomEvent) => void): void;
}

export interface DomEvent {
  readonly key?: string;
  readonly data?: unknown;
  readonly ctrlKey?: boolean;
  readonly metaKey?: boolean;
  readonly altKey?: boolean;
  readonly target: PageElement & { readonly tagName?: string };
  preventDefault(): void;
}

export interface PageSocket {
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { readonly data: unknown }) => void) | null;
  close(): void;
}

interface Browser {
  readonly document: {
    title: string;
    readonly activeElement: PageElement | null;
    getElementById(id: string): PageElement | null;
    createElement(name: string): PageElement & { getContext(kind: '2d'): TextMeasure | null };
    createElementNS(namespace: string, name: string): PageElement;
    addEventListener(type: string, listener: (event: DomEvent) => void): void;
  };
  readonly location: { readonly host: string; readonly protocol: string; hash: string };
  readonly history: { replaceState(state: null, title: string, url: string): void };
  readonly WebSocket: new (url: string) => PageSocket;
  requestAnimationFrame(draw: () => void): void;
  setTimeout(callback: () => void, ms: number): number;
  clearTimeout(timer: number): void;
  addEventListener(type: string, listener: (event: DomEvent) => void): void;
}

interface TextMeasure {
  font: string;
  measureText(text: string): { readonly width: number };
}

export const browser = globalThis as unknown as Browser;

/** An element of the page's own HTML. */
export function byId(id: string): PageElement {
  const found = browser.document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return found;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

export function element(
  name: string,
  attributes: Attributes = {},
  ...children: readonly (PageElement | string)[]
): PageElement {
  return withContent(browser.document.createElement(name), attributes, children);
}

export function svgElement(
  name: string,
  attributes: Attributes = {},
  ...children: readonly (PageElement | string)[]
): PageElement {
  return withContent(
    browser.document.createElementNS('http://www.w3.org/2000/svg', name),
    attributes,
    children,
  );
}

function withContent(
  target: PageElement,
  attributes: Attributes,
  children: readonly (PageElement | string)[],
): PageElement {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false) target.setAttribute(name, value === true ? '' : String(value));
  }
  target.append(...children);
  return target;
}

/** Writes a text only where it differs, so that a selection in it survives. */
export function setText(target: PageElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** How wide a text is, in pixels. */
export function textMeasureFor(font: string): (text: string) => number {
  const context = browser.document.createElement('canvas').getContext('2d');
  if (context === null) return (text) => text.length * 7;
  context.font = font;
  return (text) => context.measureText(text).width;
}
