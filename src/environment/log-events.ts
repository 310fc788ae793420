import type { EnvironmentEvent, Logger } from '../model/index.js';

/** Writes an environment's events to a logger: plugins' own lines at their levels, changes at info, ends at warn. */
export function logEvent(logger: Logger, event: EnvironmentEvent): void {
  switch (event.type) {
    case 'plugin.log': {
      const { level, message, fields, plugin, generation, source, module, timestamp } = event.entry;
      logger[level]({ ...fields, plugin, generation, source, module, pluginTime: timestamp }, message);
      return;
    }
    case 'plugin.status': {
      const { status, from, because, plugin } = event;
      const facts = { plugin, generation: status.generation, from, because, phase: status.phase };
      if (status.state === 'crashed') {
        logger.warn(
          { ...facts, exit: status.lastExit },
          `${plugin} crashed: ${status.error?.message ?? because}`,
        );
      } else if (status.state !== from) {
        logger.info(facts, `${plugin} is ${status.state}`);
      }
      return;
    }
    case 'plugin.gaveUp':
      logger.error(
        { plugin: event.plugin, error: event.error },
        `${event.plugin} is given up: ${event.error.message}`,
      );
      return;
    case 'supervisor.restarting':
    case 'supervisor.shutDown':
      logger.warn(
        reportFacts(event),
        `the group ${event.supervisor} is ${endings[event.type]}: ${event.reason}`,
      );
      return;
    case 'supervisor.gaveUp':
      logger.error(reportFacts(event), `the group ${event.supervisor} is given up: ${event.reason}`);
      return;
    case 'environment.state':
      logger.info({}, `the plugin environment is ${event.state}`);
  }
}

const endings = { 'supervisor.restarting': 'restarted', 'supervisor.shutDown': 'shut down' } as const;

function reportFacts(event: Extract<EnvironmentEvent, { readonly type: `supervisor.${string}` }>): object {
  const { supervisor, context, offender, affected, escalatesTo } = event;
  return { supervisor, context, offender, affected, escalatesTo };
}
