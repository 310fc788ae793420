import type { EnvironmentEvent, Logger } from '../../model/index.js';
import { describeTreeEvent, isTreeEvent } from './event-text.js';

/** Logs an environment's events: the plugins' log records at their own level, changes of state at `info` or higher. */
export function logEvent(logger: Logger, event: EnvironmentEvent): void {
  if (isTreeEvent(event)) {
    const { level, text } = describeTreeEvent(event);
    logger[level](event, text);
    return;
  }
  switch (event.type) {
    case 'plugin.log': {
      const { level, message, fields, plugin, generation, source, module, timestamp } = event.entry;
      logger[level]({ ...fields, plugin, generation, source, module, pluginTime: timestamp }, message);
      return;
    }
    case 'plugin.status': {
      const { status, from, because, plugin } = event;
      const fields = { plugin, generation: status.generation, from, because, phase: status.phase };
      if (status.state === 'crashed') {
        logger.warn(
          { ...fields, exit: status.lastExit },
          `${plugin} crashed: ${status.error?.message ?? because}`,
        );
      } else if (status.state !== from) {
        logger.info(fields, `${plugin} is ${status.state}`);
      }
      return;
    }
    case 'plugin.readiness': {
      const { plugin, status, ready, error } = event;
      const fields = { plugin, generation: status.generation, error };
      if (ready) logger.info(fields, `${plugin} is ready again`);
      else logger.warn(fields, `${plugin} is not ready: ${error?.message ?? ''}`);
      return;
    }
    case 'plugin.gaveUp': {
      const { plugin, error } = event;
      logger.error({ plugin, error }, `the supervisor gave up ${plugin}: ${error.message}`);
    }
  }
}
