import { logLevels, type EnvironmentEvent, type LogLevel, type PluginStatus } from '../../model/index.js';
import { levelColour, stateColour, type Colours } from './colours.js';

/** Whether an event is worth a line at this log level. */
export function isPrinted(event: EnvironmentEvent, lowest: LogLevel): boolean {
  if (event.type === 'plugin.log') return logLevels.indexOf(event.entry.level) >= logLevels.indexOf(lowest);
  // A guardian that is there is no news; one that had to be replaced, or is missing, is.
  if (event.type === 'environment.guardian') return event.problem !== null;
  return event.type !== 'plugin.status' || event.status.state !== event.from;
}

/** One event as one line for people. */
export function eventLine(event: EnvironmentEvent, colours: Colours): string {
  const time = colours.dim(new Date(event.at).toISOString().slice(11, 23));
  switch (event.type) {
    case 'plugin.log': {
      const { level, message, fields } = event.entry;
      const more = Object.entries(fields).map(([key, value]) => ` ${key}=${JSON.stringify(value)}`);
      const text = `${level.padEnd(5)} ${oneLine(message)}${oneLine(more.join(''))}`;
      return `${time} ${event.plugin}  ${levelColour(colours, level)(text)}`;
    }
    case 'plugin.status': {
      const { state } = event.status;
      const required = /^requirement\.awaited (.+)/.exec(event.because)?.[1];
      const more = required === undefined ? statusDetail(event.status) : `  for ${required}`;
      return `${time} ${event.plugin}  ${stateColour(colours, state)(state)}${colours.dim(more)}`;
    }
    case 'plugin.readiness': {
      const word = event.ready ? stateColour(colours, 'healthy')('ready again') : colours.error('not ready');
      return `${time} ${event.plugin}  ${word}${colours.dim(event.ready ? '' : `  ${event.error?.message ?? ''}`)}`;
    }
    case 'plugin.gaveUp':
      return `${time} ${event.plugin}  ${colours.error('given up')} ${event.error.hint ?? ''}`;
    case 'supervisor.restarting':
    case 'supervisor.gaveUp':
    case 'supervisor.shutDown':
      return `${time} ${supervisorLine(event, colours)}`;
    case 'environment.state':
      return `${time} ${colours.dim(`environment ${event.state}`)}`;
    case 'environment.guardian': {
      const what = event.state === 'guarding' ? 'guardian replaced' : 'no guardian';
      return `${time} ${colours.error(what)} ${oneLine(event.problem ?? '')}`;
    }
    case 'environment.orphansReaped': {
      const { because, processes, directories } = event;
      const what = `swept after ${because}: ${processes.length} processes, ${directories.length} directories`;
      return `${time} ${colours.error(what)}`;
    }
    case 'environment.stateDirectory': {
      const what = {
        quarantined: 'set aside',
        unwritable: 'state is not kept',
        writable: 'state is kept again',
      };
      return `${time} ${colours.error(what[event.state])} ${event.file} ${oneLine(event.problem ?? '')}`;
    }
  }
}

function supervisorLine(
  event: Extract<EnvironmentEvent, { readonly type: `supervisor.${string}` }>,
  colours: Colours,
): string {
  const { type, supervisor, affected, reason, escalatesTo } = event;
  const name = `group ${supervisor} `;
  if (type === 'supervisor.restarting')
    return `${name} ${colours.warning('restarting')} ${affected.join(', ')}: ${oneLine(reason)}`;
  if (type === 'supervisor.shutDown') return `${name} ${colours.dim('shut down')}: ${oneLine(reason)}`;
  const next = escalatesTo === null ? '' : `; ${escalatesTo} decides`;
  return `${name} ${colours.error('given up')}: ${oneLine(reason)}${next}`;
}

/** What is worth knowing about a status beside its word. */
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
      // It has done nothing wrong itself.
      if (state === 'failed' && error === null) return '  with its group';
      return `  ${error?.code ?? ''} ${error?.message ?? lastExit?.kind ?? ''}`;
    case 'restarting':
      return retryAt === null ? '  with its group' : `  in ${((retryAt - since) / 1000).toFixed(1)} s`;
    case 'pending':
      return '  for its turn';
    case 'idle':
    case 'handshaking':
    case 'stopping':
      return '';
  }
}

/** A plugin's text must not move the cursor of whoever reads it. */
function oneLine(text: string): string {
  return text.replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '�');
}
