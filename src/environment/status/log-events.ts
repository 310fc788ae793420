import type { EnvironmentEvent, Logger } from '../../model/index.js';

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
    case 'plugin.readiness': {
      const { plugin, status, ready, error } = event;
      const facts = { plugin, generation: status.generation, error };
      if (ready) logger.info(facts, `${plugin} is ready again`);
      else logger.warn(facts, `${plugin} is not ready: ${error?.message ?? ''}`);
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
        supervisorFields(event),
        `the group ${event.supervisor} is ${supervisorActionTexts[event.type]}: ${event.reason}`,
      );
      return;
    case 'supervisor.gaveUp':
      logger.error(supervisorFields(event), `the group ${event.supervisor} is given up: ${event.reason}`);
      return;
    case 'environment.state':
      logger.info({}, `the plugin environment is ${event.state}`);
      return;
    case 'environment.guardian':
      logGuardian(logger, event);
      return;
    case 'environment.orphansReaped': {
      const { because, processes, directories } = event;
      logger.warn({ because, processes, directories }, reapedTexts[because]);
      return;
    }
    case 'environment.stateDirectory':
      logIntent(logger, event);
  }
}

type Of<Type extends EnvironmentEvent['type']> = Extract<EnvironmentEvent, { readonly type: Type }>;

const reapedTexts: Readonly<Record<Of<'environment.orphansReaped'>['because'], string>> = {
  'plugin.exited': 'ended processes that had left the process group of a plugin',
  'environment.stopped': 'ended processes that had left the process groups of plugins',
  'host.died': 'ended the plugins of an earlier host that was killed, and removed its sockets',
};

function logGuardian(logger: Logger, { state, pid, problem }: Of<'environment.guardian'>): void {
  const facts = { guardian: pid, problem };
  if (state === 'absent') {
    logger.warn(facts, 'no guardian: plugins would outlive this process if it were killed');
  } else if (problem !== null) logger.warn(facts, 'the guardian was replaced');
  else logger.debug(facts, 'a guardian watches over this process');
}

function logIntent(logger: Logger, { state, file, problem }: Of<'environment.stateDirectory'>): void {
  if (state === 'writable') logger.info({ file }, 'what is wanted of plugins is written down again');
  else if (state === 'unwritable')
    logger.error(
      { file, problem },
      'what is wanted of plugins does not survive this process: nothing can be written',
    );
  else logger.warn({ file, problem }, 'a file of the state directory was set aside');
}

const supervisorActionTexts = {
  'supervisor.restarting': 'restarted',
  'supervisor.shutDown': 'shut down',
} as const;

function supervisorFields(
  event: Extract<EnvironmentEvent, { readonly type: `supervisor.${string}` }>,
): object {
  const { supervisor, context, offender, affected, escalatesTo } = event;
  return { supervisor, context, offender, affected, escalatesTo };
}
