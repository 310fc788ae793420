import { describeCause, describeTreeEvent, isTreeEvent } from '../../environment/index.js';
import {
  logLevels,
  printableText,
  type EnvironmentEvent,
  type LogLevel,
  type PluginStatus,
} from '../../model/index.js';
import { levelColour, stateColour, type Colours } from './colours.js';

/** Whether an event is printed at this log level. */
export function isPrinted(event: EnvironmentEvent, lowest: LogLevel): boolean {
  if (event.type === 'plugin.log') return logLevels.indexOf(event.entry.level) >= logLevels.indexOf(lowest);
  // That a guardian runs is normal; that it is missing or had to be replaced is not.
  if (event.type === 'environment.guardian') return event.problem !== null;
  return event.type !== 'plugin.status' || event.status.state !== event.from;
}

/** An event as one line of text, printable but for its colours. */
export function eventLine(event: EnvironmentEvent, colours: Colours): string {
  const time = colours.dim(new Date(event.at).toISOString().slice(11, 23));
  if (isTreeEvent(event)) {
    const { level, text } = describeTreeEvent(event);
    return `${time} ${levelColour(colours, level)(printableText(text))}`;
  }
  const plugin = printableText(event.plugin);
  switch (event.type) {
    case 'plugin.log': {
      const { level, message, fields } = event.entry;
      const pairs = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
      const text = `${level.padEnd(5)} ${printableText(message + pairs.join(''))}`;
      return `${time} ${plugin}  ${levelColour(colours, level)(text)}`;
    }
    case 'plugin.status': {
      const { because, status } = event;
      const { state } = status;
      const isPending = state === 'pending';
      const detail = isPending
        ? `  ${printableText(describeCause(because, event.plugin))}`
        : statusDetail(status);
      return `${time} ${plugin}  ${stateColour(colours, state)(state)}${colours.dim(detail)}`;
    }
    case 'plugin.readiness': {
      const word = event.ready ? stateColour(colours, 'healthy')('ready again') : colours.error('not ready');
      const detail = event.ready ? '' : `  ${printableText(event.error?.message ?? '')}`;
      return `${time} ${plugin}  ${word}${colours.dim(detail)}`;
    }
    case 'plugin.gaveUp':
      return `${time} ${plugin}  ${colours.error('gave up')}  ${printableText(event.error.hint ?? '')}`;
  }
}

/** What the table and the lines show of a status beside its state, printable. */
export function statusDetail(status: PluginStatus): string {
  const { state, generation, pid, lastExit, error, retryAt, since } = status;
  switch (state) {
    case 'spawning':
      return `  generation ${generation}`;
    case 'healthy':
      return `  pid ${pid ?? '?'}`;
    case 'crashed':
    case 'invalid':
    case 'failed':
      // A plugin that failed with its group has no error of its own.
      if (state === 'failed' && error === null) return '  with its group';
      return `  ${error?.code ?? ''} ${printableText(error?.message ?? lastExit?.kind ?? '')}`;
    case 'restarting':
      return retryAt === null ? '  with its group' : `  in ${((retryAt - since) / 1000).toFixed(1)} s`;
    case 'pending':
    case 'idle':
    case 'handshaking':
    case 'stopping':
      return '';
  }
}
