import { printableText, type EnvironmentEvent, type Logger, type LogLevel } from '../../model/index.js';
import { describeTreeEvent, isTreeEvent } from './event-text.js';

/**
 * Logs an environment's events: the plugins' log records at their own level, changes of state at `info` or higher. Each
 * message is one printable line, as a logger may print it as it is. The fields of a plugin's record are under `fields`:
 * beside the others they would be taken for those of the logger, which may serialize `req` or `err` in its own way.
 */
export function logEvent(logger: Logger, event: EnvironmentEvent): void {
  const log = (level: LogLevel, facts: object, message: string): void => {
    logger[level](facts, printableText(message));
  };
  if (isTreeEvent(event)) {
    const { level, text } = describeTreeEvent(event);
    log(level, event, text);
    return;
  }
  switch (event.type) {
    case 'plugin.log': {
      const { level, message, fields, plugin, generation, source, module, timestamp } = event.entry;
      log(level, { plugin, generation, source, module, pluginTime: timestamp, fields }, message);
      return;
    }
    case 'plugin.status': {
      const { status, from, because, plugin } = event;
      const fields = { plugin, generation: status.generation, from, because, phase: status.phase };
      if (status.state === 'crashed') {
        log(
          'warn',
          { ...fields, exit: status.lastExit },
          `${plugin} crashed: ${status.error?.message ?? because}`,
        );
      } else if (status.state !== from) {
        log('info', fields, `${plugin} is ${status.state}`);
      }
      return;
    }
    case 'plugin.readiness': {
      const { plugin, status, ready, error } = event;
      const fields = { plugin, generation: status.generation, error };
      if (ready) log('info', fields, `${plugin} is ready again`);
      else log('warn', fields, `${plugin} is not ready: ${error?.message ?? ''}`);
      return;
    }
    case 'plugin.gaveUp': {
      const { plugin, error } = event;
      log('error', { plugin, error }, `the supervisor gave up ${plugin}: ${error.message}`);
    }
  }
}
