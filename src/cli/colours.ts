import type { LogLevel, PluginState } from '../model/index.js';

export type Paint = (text: string) => string;

export interface Colours {
  readonly good: Paint;
  readonly busy: Paint;
  readonly bad: Paint;
  readonly quiet: Paint;
  readonly strong: Paint;
}

const sgr =
  (code: number): Paint =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`;
const plain: Paint = (text) => text;

const coloured: Colours = { good: sgr(32), busy: sgr(33), bad: sgr(31), quiet: sgr(2), strong: sgr(1) };
const uncoloured: Colours = { good: plain, busy: plain, bad: plain, quiet: plain, strong: plain };

/** Colours for a terminal; none elsewhere, nor where NO_COLOR asks for none (no-color.org). */
export function coloursFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Colours {
  return stream.isTTY === true && !env['NO_COLOR'] ? coloured : uncoloured;
}

export function stateColour(colours: Colours, state: PluginState): Paint {
  switch (state) {
    case 'healthy':
      return colours.good;
    case 'waiting':
    case 'spawning':
    case 'handshaking':
    case 'restarting':
    case 'stopping':
      return colours.busy;
    case 'crashed':
    case 'failed':
    case 'invalid':
      return colours.bad;
    case 'idle':
      return colours.quiet;
  }
}

export function levelColour(colours: Colours, level: LogLevel): Paint {
  if (level === 'error') return colours.bad;
  if (level === 'warn') return colours.busy;
  return level === 'info' ? plain : colours.quiet;
}
