import type { LogLevel, PluginState } from '../../model/index.js';

export type Paint = (text: string) => string;

export interface Colours {
  readonly success: Paint;
  readonly warning: Paint;
  readonly error: Paint;
  readonly dim: Paint;
  readonly bold: Paint;
}

const sgr =
  (code: number): Paint =>
  (text) =>
    `\u001b[${code}m${text}\u001b[0m`;
const unstyled: Paint = (text) => text;

const coloured: Colours = { success: sgr(32), warning: sgr(33), error: sgr(31), dim: sgr(2), bold: sgr(1) };
const uncoloured: Colours = {
  success: unstyled,
  warning: unstyled,
  error: unstyled,
  dim: unstyled,
  bold: unstyled,
};

/** Colours for a terminal; none elsewhere, nor where NO_COLOR asks for none (no-color.org). */
export function coloursFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Colours {
  return stream.isTTY === true && !env['NO_COLOR'] ? coloured : uncoloured;
}

export function stateColour(colours: Colours, state: PluginState): Paint {
  switch (state) {
    case 'healthy':
      return colours.success;
    case 'pending':
    case 'spawning':
    case 'handshaking':
    case 'restarting':
    case 'stopping':
      return colours.warning;
    case 'crashed':
    case 'failed':
    case 'invalid':
      return colours.error;
    case 'idle':
      return colours.dim;
  }
}

export function levelColour(colours: Colours, level: LogLevel): Paint {
  if (level === 'error') return colours.error;
  if (level === 'warn') return colours.warning;
  return level === 'info' ? unstyled : colours.dim;
}
