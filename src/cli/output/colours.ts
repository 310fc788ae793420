import { pluginStateTones, type LogLevel, type PluginState, type StateTone } from '../../model/index.js';

/** Wraps text in the escape codes of a colour. */
export type Paint = (text: string) => string;

/** The colours of the command line, by meaning. */
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
/** What {@link Paint} adds; with `split`, each second part is such a code. */
export const ownCodes = /(\u001b\[(?:0|1|2|31|32|33)m)/;
const unstyled: Paint = (text) => text;

const coloured: Colours = { success: sgr(32), warning: sgr(33), error: sgr(31), dim: sgr(2), bold: sgr(1) };
const uncoloured: Colours = {
  success: unstyled,
  warning: unstyled,
  error: unstyled,
  dim: unstyled,
  bold: unstyled,
};

/** The colours for a stream: none unless it is a terminal, and none when NO_COLOR is set (no-color.org). */
export function coloursFor(stream: { readonly isTTY?: boolean }, env: NodeJS.ProcessEnv): Colours {
  return stream.isTTY === true && !env['NO_COLOR'] ? coloured : uncoloured;
}

const toneColours = {
  good: 'success',
  busy: 'warning',
  stopping: 'warning',
  bad: 'error',
  inactive: 'dim',
} as const satisfies Record<StateTone, keyof Colours>;

/** The colour of a plugin's state, of the same tone as on the inspector's page. */
export function stateColour(colours: Colours, state: PluginState): Paint {
  return colours[toneColours[pluginStateTones[state]]];
}

/** The colour of a log level. */
export function levelColour(colours: Colours, level: LogLevel): Paint {
  if (level === 'error') return colours.error;
  if (level === 'warn') return colours.warning;
  return level === 'info' ? unstyled : colours.dim;
}
