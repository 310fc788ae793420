import { browser } from './browser.js';
import type { WireMessage } from './wire.js';

export type LinkState =
  | { readonly name: 'connecting' }
  | { readonly name: 'live' }
  | { readonly name: 'lost'; readonly retryInMs: number };

export interface Connection {
  retry(): void;
}

const firstPauseMs = 500;
const longestPauseMs = 5000;

/** Stays connected to the server of this page, as far as there is one. */
export function connect(listener: {
  /** A new connection begins by telling everything anew. */
  begin(): void;
  receive(message: WireMessage): void;
  change(state: LinkState): void;
}): Connection {
  let pauseMs = firstPauseMs;
  let timer = 0;
  let isOpening = false;

  const open = (): void => {
    if (isOpening) return;
    isOpening = true;
    browser.clearTimeout(timer);
    const { host, protocol } = browser.location;
    const socket = new browser.WebSocket(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/`);
    socket.onopen = () => {
      pauseMs = firstPauseMs;
      listener.begin();
      listener.change({ name: 'live' });
    };
    socket.onmessage = ({ data }) => {
      listener.receive(JSON.parse(String(data)) as WireMessage);
    };
    socket.onclose = () => {
      isOpening = false;
      listener.change({ name: 'lost', retryInMs: pauseMs });
      timer = browser.setTimeout(open, pauseMs);
      pauseMs = Math.min(longestPauseMs, pauseMs * 2);
    };
  };

  listener.change({ name: 'connecting' });
  open();
  return { retry: open };
}
