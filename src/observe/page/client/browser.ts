/**
 * The parts of the DOM that the page uses. TypeScript's `lib.dom` would apply to the whole program and let the other
 * layers use a `document` that does not exist in Node.
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

/** A DOM event, as far as the page reads it. */
export interface DomEvent {
  readonly key?: string;
  readonly data?: unknown;
  readonly ctrlKey?: boolean;
  readonly metaKey?: boolean;
  readonly altKey?: boolean;
  readonly target: PageElement & { readonly tagName?: string };
  preventDefault(): void;
}

/** A browser's WebSocket. */
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

/** The global object of the browser. */
export const browser = globalThis as unknown as Browser;

/** An element of index.html. Throws when the page has no such id. */
export function byId(id: string): PageElement {
  const found = browser.document.getElementById(id);
  if (found === null) throw new Error(`The page has no element ${id}.`);
  return found;
}

type Attributes = Readonly<Record<string, string | number | boolean>>;

/** Creates an HTML element. An attribute of `false` is left out, `true` is written without a value. */
export function element(
  name: string,
  attributes: Attributes = {},
  ...children: readonly (PageElement | string)[]
): PageElement {
  return withContent(browser.document.createElement(name), attributes, children);
}

/** Creates an SVG element; attributes as for `element`. */
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

/** Sets the text only when it differs, so that a text selection survives. */
export function setText(target: PageElement, text: string): void {
  if (target.textContent !== text) target.textContent = text;
}

/** Measures the width of a text in this CSS font, in pixels. */
export function textMeasureFor(font: string): (text: string) => number {
  const context = browser.document.createElement('canvas').getContext('2d');
  if (context === null) return (text) => text.length * 7;
  context.font = font;
  return (text) => context.measureText(text).width;
}
