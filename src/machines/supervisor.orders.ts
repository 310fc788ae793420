import type { AnyActorRef, EventObject } from 'xstate';
import type { SupervisorReport } from '../model/index.js';
import { pluginRef, supervisorRef, type Registry } from './hosting.js';
import type { PluginCommand } from './plugin.types.js';
import type { ChildEnd } from './supervisor.context.js';
import type {
  Child,
  SupervisorCommand,
  SupervisorContext,
  SupervisorEvent,
  SupervisorNews,
  Whereabouts,
} from './supervisor.types.js';

/** What actions of any machine here have in common. */
export interface Enqueue {
  sendTo(target: AnyActorRef, event: EventObject): void;
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

/** Tells a child to come down, and whether to stay wanted. Nothing that is temporary is ever started again. */
export function close(enqueue: Enqueue, system: Registry, context: SupervisorContext, child: Child): void {
  const { aim, because } = context;
  if (child.kind === 'supervisor') {
    const type = aim === 'shutDown' ? 'supervisor.close' : 'supervisor.hold';
    tellSupervisor(enqueue, system, child.id, { type, because });
    return;
  }
  const isLeft = aim === 'shutDown' || child.policy.restart.restart === 'temporary';
  tellPlugin(enqueue, system, child.id, { type: isLeft ? 'plugin.deactivate' : 'plugin.hold', because });
}

export function report(
  enqueue: EnqueueUp,
  { spec }: SupervisorContext,
  facts: Omit<SupervisorReport, 'supervisor'>,
): void {
  enqueue.sendParent({ type: 'supervisor.reported', report: { ...facts, supervisor: spec.name } });
}

export function isEnd(event: SupervisorEvent): event is ChildEnd {
  if (event.type === 'supervisor.ended') return event.itself;
  return event.type === 'plugin.crashed' || event.type === 'supervisor.gaveUp';
}

const told: Partial<Record<SupervisorEvent['type'], Whereabouts>> = {
  'plugin.ready': 'up',
  'supervisor.ready': 'up',
  'plugin.held': 'held',
  'supervisor.held': 'held',
  'plugin.failed': 'failed',
  'plugin.rested': 'down',
  'supervisor.ended': 'down',
};

/** Where a child is, now that it has told this; `null` when it does not tell. */
export function whereaboutsAfter({ type }: SupervisorEvent): Whereabouts | null {
  return told[type] ?? null;
}

/** The child that an event is about. */
export function subjectOf(event: SupervisorEvent): string | null {
  if ('plugin' in event) return event.plugin;
  return 'supervisor' in event ? event.supervisor : null;
}
