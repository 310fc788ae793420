import type { AnyActorRef, EventObject } from 'xstate';
import type { SupervisorReport } from '../model/index.js';
import { isForGood } from '../policy/index.js';
import { pluginRef, supervisorRef, type Registry } from './hosting.js';
import type { PluginCommand } from './plugin.types.js';
import type { ChildEnd } from './supervisor.context.js';
import type {
  Child,
  SupervisorCommand,
  SupervisorContext,
  SupervisorEvent,
  SupervisorNews,
} from './supervisor.types.js';

/** What actions of any machine here have in common. */
export interface Enqueue {
  /** To an actor, or to a child by its name. */
  sendTo(target: AnyActorRef | string, event: EventObject): void;
}

/** An action's way to the parent. */
export interface EnqueueUp {
  sendParent(event: SupervisorNews): void;
}

export function tellPlugin(enqueue: Enqueue, system: Registry, id: string, command: PluginCommand): void {
  const ref = pluginRef(system, id);
  if (ref !== undefined) enqueue.sendTo(ref, command);
}

export function tellSupervisor(
  enqueue: Enqueue,
  system: Registry,
  name: string,
  command: SupervisorCommand,
): void {
  const ref = supervisorRef(system, name);
  if (ref !== undefined) enqueue.sendTo(ref, command);
}

/** Lets a child go on that waits for this supervisor. */
export function release(enqueue: Enqueue, system: Registry, { kind, id }: Child): void {
  if (kind === 'plugin') tellPlugin(enqueue, system, id, { type: 'plugin.release' });
  else tellSupervisor(enqueue, system, id, { type: 'supervisor.proceed' });
}

/** Tells a child to come down, and whether to stay wanted. Nothing that is temporary is ever started again. */
export function close(enqueue: Enqueue, system: Registry, context: SupervisorContext, child: Child): void {
  const { because } = context;
  const isLeft = isForGood(context.aim);
  if (child.kind === 'supervisor') {
    const type = isLeft ? 'supervisor.close' : 'supervisor.hold';
    tellSupervisor(enqueue, system, child.id, { type, because });
    return;
  }
  const isOver = isLeft || child.policy.restart.restart === 'temporary';
  tellPlugin(enqueue, system, child.id, { type: isOver ? 'plugin.deactivate' : 'plugin.hold', because });
}

export function report(
  enqueue: EnqueueUp,
  { spec }: SupervisorContext,
  facts: Omit<SupervisorReport, 'supervisor'>,
): void {
  enqueue.sendParent({ type: 'supervisor.reported', report: { ...facts, supervisor: spec.name } });
}

export function isEnd(event: SupervisorEvent): event is ChildEnd {
  return (
    event.type === 'plugin.crashed' || event.type === 'supervisor.gaveUp' || event.type === 'supervisor.ended'
  );
}
