import type { EnvironmentEvent, LogLevel } from '../../model/index.js';
import { listed } from '../listed.js';

type EventOf<Type extends EnvironmentEvent['type']> = Extract<EnvironmentEvent, { readonly type: Type }>;

/** An event about a group, the environment or its host; not about one plugin. */
export type TreeEvent = Exclude<EnvironmentEvent, { readonly type: `plugin.${string}` }>;

/** Whether an event is not about one plugin. */
export function isTreeEvent(event: EnvironmentEvent): event is TreeEvent {
  return !event.type.startsWith('plugin.');
}

/** The text of an event for logs and for the terminal, with its log level. */
export function describeTreeEvent(event: TreeEvent): { readonly level: LogLevel; readonly text: string } {
  switch (event.type) {
    case 'supervisor.restarting':
      return {
        level: 'warn',
        text: `group ${event.supervisor} restarts ${listed(event.affected)}: ${event.reason}`,
      };
    case 'supervisor.shutDown':
      return { level: 'warn', text: `group ${event.supervisor} shuts down: ${event.reason}` };
    case 'supervisor.gaveUp': {
      const next = event.escalatesTo === null ? '' : `; ${event.escalatesTo} decides what follows`;
      return { level: 'error', text: `group ${event.supervisor} gave up: ${event.reason}${next}` };
    }
    case 'environment.state':
      return { level: 'info', text: `the environment is ${event.state}` };
    case 'environment.guardian':
      return describeGuardian(event);
    case 'environment.orphansReaped': {
      const { because, processes, directories } = event;
      const killed = `killed ${count(processes, 'process', 'processes')}`;
      const removed = `removed ${count(directories, 'directory', 'directories')}`;
      return { level: 'warn', text: `${killed} and ${removed}: ${reapedTexts[because]}` };
    }
    case 'environment.stateDirectory':
      return describeStateDirectory(event);
    case 'environment.callbackFailed':
      return {
        level: 'error',
        text: `${event.callback} of this host failed, which is reported once: ${event.problem}`,
      };
  }
}

const reapedTexts: Readonly<Record<EventOf<'environment.orphansReaped'>['because'], string>> = {
  'plugin.exited': 'they had left the process group of a plugin that exited',
  'environment.stopped': 'they had left the process groups of plugins',
  'host.died': 'their host was killed or crashed',
};

function count(list: readonly unknown[], one: string, several: string): string {
  return `${list.length} ${list.length === 1 ? one : several}`;
}

function describeGuardian({
  state,
  problem,
}: EventOf<'environment.guardian'>): ReturnType<typeof describeTreeEvent> {
  if (state === 'absent')
    return {
      level: 'warn',
      text: `there is no guardian: if this process is killed, its plugins keep running (${problem ?? 'unknown reason'})`,
    };
  return problem === null
    ? { level: 'debug', text: 'a guardian process is running' }
    : { level: 'warn', text: `the guardian process was replaced: ${problem}` };
}

function describeStateDirectory({
  state,
  file,
  problem,
}: EventOf<'environment.stateDirectory'>): ReturnType<typeof describeTreeEvent> {
  switch (state) {
    case 'quarantined':
      return {
        level: 'warn',
        text: `a file of the state directory was quarantined as ${file}: ${problem ?? ''}`,
      };
    case 'unwritable':
      return {
        level: 'error',
        text: `the state directory ${file} cannot be written, so changes are lost if this host ends: ${problem ?? ''}`,
      };
    case 'writable':
      return { level: 'info', text: `the state directory ${file} can be written again` };
  }
}
