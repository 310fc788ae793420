import type { AnyActorRef, EventObject } from 'xstate';
import type { SupervisorReport } from '../../model/index.js';
import { isForGood } from '../../policy/index.js';
import { pluginRef, supervisorRef, type ActorRegistry } from '../actor-registry.js';
import type { PluginCommand } from '../plugin/types.js';
import type { ChildExitEvent } from './context.js';
import type {
  Child,
  SupervisorCommand,
  SupervisorContext,
  SupervisorEvent,
  SupervisorReportEvent,
} from './types.js';

/** The part of XState's `enqueue` that sends to other actors. */
export interface Enqueue {
  /** To an actor, or to a child by its id. */
  sendTo(target: AnyActorRef | string, event: EventObject): void;
}

/** The part of XState's `enqueue` that the functions of a supervisor use. */
export interface SupervisorEnqueue extends Enqueue {
  sendParent(event: SupervisorReportEvent): void;
  raise(event: SupervisorEvent): void;
  assign(change: Partial<SupervisorContext>): void;
}

/** Sends a command to a plugin of the supervisor that calls this. Ignored while the plugin has no actor. */
export function sendToPlugin(
  enqueue: Enqueue,
  system: ActorRegistry,
  id: string,
  command: PluginCommand,
): void {
  const ref = pluginRef(system, id);
  if (ref !== undefined) enqueue.sendTo(ref, command);
}

/** The commands that make a plugin start. */
export type StartCommand = Extract<PluginCommand, { readonly type: 'plugin.activate' | 'plugin.enqueue' }>;

/** Whether a command makes a plugin start, at once or when it gets a start slot. */
export function isStartCommand(command: PluginCommand): command is StartCommand {
  return command.type === 'plugin.activate' || command.type === 'plugin.enqueue';
}

/** Sends a command to a supervisor. Ignored while it has no actor. */
export function sendToSupervisor(
  enqueue: Enqueue,
  system: ActorRegistry,
  name: string,
  command: SupervisorCommand,
): void {
  const ref = supervisorRef(system, name);
  if (ref !== undefined) enqueue.sendTo(ref, command);
}

/** Resumes a child that this supervisor has suspended. */
export function resumeChild(enqueue: Enqueue, system: ActorRegistry, { kind, id }: Child): void {
  if (kind === 'plugin') sendToPlugin(enqueue, system, id, { type: 'plugin.resume' });
  else sendToSupervisor(enqueue, system, id, { type: 'supervisor.resume' });
}

/** Stops a child in a group stop. It stays wanted if the group is to start again, unless it is temporary. */
export function stopOrSuspendChild(
  enqueue: Enqueue,
  system: ActorRegistry,
  { because, next }: SupervisorContext,
  child: Child,
): void {
  if (child.kind === 'supervisor') {
    const type = isForGood(next) ? 'supervisor.deactivate' : 'supervisor.suspend';
    sendToSupervisor(enqueue, system, child.id, { type, because });
    return;
  }
  const isStopped = isForGood(next) || child.policy.restart.restart === 'temporary';
  const type = isStopped ? 'plugin.deactivate' : 'plugin.suspend';
  sendToPlugin(enqueue, system, child.id, { type, because });
}

/** Reports to the embedder, by way of the supervisors above. */
export function report(
  enqueue: Pick<SupervisorEnqueue, 'sendParent'>,
  { spec }: SupervisorContext,
  details: Omit<SupervisorReport, 'supervisor'>,
): void {
  enqueue.sendParent({ type: 'supervisor.reported', report: { ...details, supervisor: spec.name } });
}

/** Whether an event reports that a child has ended. */
export function isChildExit(event: SupervisorEvent): event is ChildExitEvent {
  return (
    event.type === 'plugin.crashed' || event.type === 'supervisor.gaveUp' || event.type === 'supervisor.ended'
  );
}
