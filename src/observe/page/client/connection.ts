import { browser } from './browser.js';
import type { WireMessage } from './wire-messages.js';

/** The state of the page's WebSocket. `retryInMs`: milliseconds until the next attempt. */
export type ConnectionState =
  | { readonly name: 'connecting' }
  | { readonly name: 'live' }
  | { readonly name: 'lost'; readonly retryInMs: number };

/** The page's connection to its server. */
export interface Connection {
  /** Connects now instead of waiting for the next attempt. */
  retry(): void;
}

const initialRetryMs = 500;
const maxRetryMs = 5000;

/** Keeps a WebSocket to the server of this page open; reconnects with exponential backoff, 0.5 s to 5 s. */
export function connect(listener: {
  /** A connection was opened; the server replays all actors on it, so what was known before is dropped. */
  begin(): void;
  receive(message: WireMessage): void;
  change(state: ConnectionState): void;
}): Connection {
  let retryMs = initialRetryMs;
  let timer = 0;
  let isOpening = false;

  const open = (): void => {
    if (isOpening) return;
    isOpening = true;
    browser.clearTimeout(timer);
    const { host, protocol } = browser.location;
    const socket = new browser.WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/`);
    socket.onopen = () => {
      retryMs = initialRetryMs;
      listener.begin();
      listener.change({ name: 'live' });
    };
    socket.onmessage = ({ data }) => {
      listener.receive(JSON.parse(String(data)) as WireMessage);
    };
    socket.onclose = () => {
      isOpening = false;
      listener.change({ name: 'lost', retryInMs: retryMs });
      timer = browser.setTimeout(open, retryMs);
      retryMs = Math.min(maxRetryMs, retryMs * 2);
    };
  };

  listener.change({ name: 'connecting' });
  open();
  return { retry: open };
}
