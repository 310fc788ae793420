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

/** What actions of any machine here have in common. */
export interface Enqueue {
  /** To an actor, or to a child by its name. */
  sendTo(target: AnyActorRef | string, event: EventObject): void;
}

/** An action's way to the parent. */
export interface EnqueueToParent {
  sendParent(event: SupervisorReportEvent): void;
}

export function sendToPlugin(
  enqueue: Enqueue,
  system: ActorRegistry,
  id: string,
  command: PluginCommand,
): void {
  const ref = pluginRef(system, id);
  if (ref !== undefined) enqueue.sendTo(ref, command);
}

export function sendToSupervisor(
  enqueue: Enqueue,
  system: ActorRegistry,
  name: string,
  command: SupervisorCommand,
): void {
  const ref = supervisorRef(system, name);
  if (ref !== undefined) enqueue.sendTo(ref, command);
}

/** Lets a child go on that waits for this supervisor. */
export function resumeChild(enqueue: Enqueue, system: ActorRegistry, { kind, id }: Child): void {
  if (kind === 'plugin') sendToPlugin(enqueue, system, id, { type: 'plugin.resume' });
  else sendToSupervisor(enqueue, system, id, { type: 'supervisor.resume' });
}

/** Tells a child to come down, and whether to stay wanted. Nothing that is temporary is ever started again. */
export function stopOrSuspendChild(
  enqueue: Enqueue,
  system: ActorRegistry,
  context: SupervisorContext,
  child: Child,
): void {
  const { because } = context;
  const isLeft = isForGood(context.next);
  if (child.kind === 'supervisor') {
    const type = isLeft ? 'supervisor.deactivate' : 'supervisor.suspend';
    sendToSupervisor(enqueue, system, child.id, { type, because });
    return;
  }
  const isOver = isLeft || child.policy.restart.restart === 'temporary';
  sendToPlugin(enqueue, system, child.id, { type: isOver ? 'plugin.deactivate' : 'plugin.suspend', because });
}

export function report(
  enqueue: EnqueueToParent,
  { spec }: SupervisorContext,
  facts: Omit<SupervisorReport, 'supervisor'>,
): void {
  enqueue.sendParent({ type: 'supervisor.reported', report: { ...facts, supervisor: spec.name } });
}

export function isChildExit(event: SupervisorEvent): event is ChildExitEvent {
  return (
    event.type === 'plugin.crashed' || event.type === 'supervisor.gaveUp' || event.type === 'supervisor.ended'
  );
}
