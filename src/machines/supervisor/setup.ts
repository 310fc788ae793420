import { assign, enqueueActions, sendParent, setup, type ActorLogic, type Snapshot } from 'xstate';
import {
  nextStarts,
  emptyHistory,
  nextStops,
  resumeClock,
  pauseClock,
  staysRunning,
  type AfterGroupStop,
} from '../../policy/index.js';
import { mailboxDrainedMs } from '../delays.js';
import { maxTimerMs } from '../../model/index.js';
import { replacePlugin, supervisorId, type PluginRef, type ActorRegistry } from '../actor-registry.js';
import type { PluginEffects } from '../effects.js';
import type { PluginMachine } from '../plugin/machine.js';
import { createShardMachine } from './shard.js';
import { reconcile, shardId } from './children.js';
import {
  affectedChildren,
  findChild,
  exitedChildId,
  planForAll,
  withEmptyHistories,
  idsOf,
  retryPlan,
  siblingsIn,
  withChild,
  type ChildExitEvent,
} from './context.js';
import {
  decideChildExit,
  decideChildExitDuringShutdown,
  type ChildExitDecision,
} from './decide-child-exit.js';
import {
  stopOrSuspendChild,
  isChildExit,
  isStartCommand,
  resumeChild,
  report,
  sendToPlugin,
  sendToSupervisor,
  type StartCommand,
  type SupervisorEnqueue,
} from './commands.js';
import { actorIdOf, reportSpawned, clearSubtree, refillShard, spawnSupervisor } from './respawn.js';
import { childSummariesIn } from './child-summary.js';
import type {
  GroupRestartPlan,
  SupervisorContext,
  SupervisorEvent,
  SupervisorInput,
  SupervisorReportEvent,
} from './types.js';

/** The logic of a supervisor, as far as its parent depends on it. */
export type SupervisorLogic = ActorLogic<Snapshot<unknown>, SupervisorEvent, SupervisorInput>;

// XState's types cannot express a machine that spawns itself: the actor is set when the machine has been created.
const lateBoundSupervisor = {} as SupervisorLogic;

/** What a supervisor uses besides the effects of plugins. */
export interface SupervisorDependencies {
  /** In [0, 1). */
  random(): number;
}

/** The types, actors, delays, guards and actions of the supervisor machine. */
export function setupSupervisor(
  effects: PluginEffects,
  dependencies: SupervisorDependencies,
  plugin: PluginMachine,
) {
  const now = () => effects.now();
  return setup({
    types: {} as { context: SupervisorContext; events: SupervisorEvent; input: SupervisorInput },
    actors: { plugin, shard: createShardMachine(effects, plugin), supervisor: lateBoundSupervisor },
    delays: {
      restartDelay: ({ context }) => context.backoffMs,
      halfOpenInterval: ({ context }) => context.spec.halfOpenAfterMs ?? maxTimerMs,
      mailboxDrained: mailboxDrainedMs,
    },
    guards: {
      isNext: ({ context }, params: { next: AfterGroupStop }) => context.next === params.next,
      isActivationRequested: ({ event }) => event.type === 'group.stopped' && event.activationRequested,
      isStartCommand: ({ event }) => event.type === 'member.command' && isStartCommand(event.command),
      isAffected: ({ context, event }) => 'plugin' in event && context.affected.includes(event.plugin),
      failedWithParent: ({ context }) => context.failedWithParent,
      isHalfOpenEnabled: ({ context }) => context.spec.halfOpenAfterMs !== null && !context.failedWithParent,
    },
    actions: {
      /** Spawns new children, removes those that are gone, and brings the others into the new order. */
      updateChildren: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.children') return;
        const { children, spawned, removed, shards } = reconcile(context.children, event.children);
        for (const child of removed) {
          if (child.shard === 0) enqueue.stopChild(child.id);
          else enqueue.sendTo(shardId(child.shard), { type: 'shard.remove', id: child.id });
        }
        for (const shard of shards) enqueue.spawnChild('shard', { id: shardId(shard) });
        for (const { id, shard, input } of spawned) {
          if (shard === 0) enqueue.spawnChild('plugin', { id, systemId: id, input });
          else enqueue.sendTo(shardId(shard), { type: 'shard.spawn', id, input });
          enqueue.sendParent({ type: 'plugin.spawned', plugin: id });
        }
        for (const child of event.children) {
          if (child.kind === 'plugin') continue;
          if (findChild(context, child.id) === undefined)
            spawnSupervisor(enqueue, child.spec, context.startConcurrency, child.children);
          else
            enqueue.sendTo(supervisorId(child.id), {
              type: 'supervisor.children',
              children: child.children,
            });
        }
        const ids = idsOf(children);
        // A stop or restart of all children takes in those that are added meanwhile.
        const isOfAll = context.affected.length > 0 && context.affected.length === context.children.length;
        enqueue.assign({
          children,
          affected: isOfAll ? ids : ids.filter((id) => context.affected.includes(id)),
          toStop: context.toStop.filter((id) => ids.includes(id)),
        });
      }),

      reportPluginChange: enqueueActions(({ event, enqueue }) => {
        if ('plugin' in event) enqueue.sendParent({ type: 'plugin.changed', plugin: event.plugin });
      }),
      forward: sendParent(({ event }) => event),

      commandMember: enqueueActions((scope) => {
        const { context, event, enqueue, system } = scope;
        if (event.type !== 'member.command') return;
        const { plugin, command, forgetsFailures = false } = event;
        const { children } = context;
        if (forgetsFailures)
          enqueue.assign({ children: withChild(children, plugin, { history: emptyHistory }) });
        if (command.type === 'plugin.setPolicy')
          enqueue.assign({ children: withChild(children, plugin, { policy: command.policy }) });
        if (isStartCommand(command)) startMember(scope, plugin, command);
        else sendToPlugin(enqueue, system, plugin, command);
      }),

      decideChildExit: enqueueActions((scope) => {
        decideAndApply(scope, null);
      }),
      decideChildExitDuringGroupStop: enqueueActions((scope) => {
        decideAndApply(scope, scope.context.next);
      }),
      decideChildExitDuringShutdown: enqueueActions((scope) => {
        if (isChildExit(scope.event)) applyDecision(scope, scope.event, decideChildExitDuringShutdown());
      }),

      planSuspend: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.suspend') return;
        raiseGroupStop(enqueue, planForAll(context, { next: 'suspend', because: event.because }));
      }),
      planDeactivate: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'supervisor.deactivate') return;
        raiseGroupStop(enqueue, planForAll(context, { next: 'deactivate', because: event.because }));
      }),
      planRetry: enqueueActions(({ context, event, enqueue, system }) => {
        const plan = retryPlan(context, 'restart', activatedBy(event), childSummariesIn(system));
        if (plan === null) return;
        enqueue.assign({ children: withEmptyHistories(context.children), restarts: [] });
        raiseGroupStop(enqueue, plan);
      }),
      /** What was given up together is tried again together: the parent decides. */
      requestParentRetry: enqueueActions(({ context, event, enqueue, system }) => {
        const plan = retryPlan(context, 'suspend', activatedBy(event), childSummariesIn(system));
        if (plan === null) return;
        enqueue.sendParent({ type: 'supervisor.retryRequested', supervisor: context.spec.name });
        raiseGroupStop(enqueue, plan);
      }),
      /** A group that its parent starts again has no restart history. */
      planStartAll: assign(({ context }) => ({
        affected: idsOf(context.children),
        restarts: [],
        children: withEmptyHistories(context.children),
      })),
      /** Children that were added since the group was given up included. */
      affectAll: assign({
        affected: ({ context }) => idsOf(context.children),
        because: 'supervisor.retried',
      }),
      adoptPlan: assign(({ event }) => (event.type === 'group.stop' ? event.plan : {})),
      noteBackoff: assign(({ event }) =>
        event.type === 'supervisor.restart' ? { backoffMs: event.delayMs } : {},
      ),
      noteFailedWithParent: assign(({ event }) =>
        event.type === 'supervisor.giveUp' ? { failedWithParent: event.withParent } : {},
      ),

      stopNext: enqueueActions(({ context, enqueue, system }) => {
        const siblings = siblingsIn(context, childSummariesIn(system));
        const { stop, suspend, toStop, isDone } = nextStops(siblings, context.toStop);
        enqueue.assign({ toStop });
        for (const child of stop) stopOrSuspendChild(enqueue, system, context, child);
        for (const { id } of suspend)
          sendToPlugin(enqueue, system, id, { type: 'plugin.suspend', because: context.because });
        if (isDone)
          enqueue.raise({
            type: 'group.stopped',
            activationRequested: siblings.some(({ summary }) => summary.isSuspended),
          });
      }),
      startNext: enqueueActions(({ context, enqueue, system }) => {
        const siblings = siblingsIn(context, childSummariesIn(system));
        const step = nextStarts(siblings, context.startConcurrency);
        for (const child of step.resume) resumeChild(enqueue, system, child);
        if (step.isDone) enqueue.raise({ type: 'group.started' });
      }),
      giveUpSuspended: enqueueActions(({ context, enqueue, system }) => {
        const summaryOf = childSummariesIn(system);
        for (const child of context.children) {
          if (!summaryOf(child).isSuspended) continue;
          if (child.kind === 'plugin')
            sendToPlugin(enqueue, system, child.id, {
              type: 'plugin.giveUp',
              reason: 'FailedToStayRunning',
              withGroup: true,
            });
          else sendToSupervisor(enqueue, system, child.id, { type: 'supervisor.giveUp', withParent: true });
        }
      }),
      stopSupervisors: enqueueActions(({ context, enqueue, system }) => {
        for (const { id, kind } of context.children)
          if (kind === 'supervisor') sendToSupervisor(enqueue, system, id, { type: 'supervisor.stop' });
      }),

      pauseClock: assign(({ context }) => ({ clock: pauseClock(context.clock, now()) })),
      resumeClock: assign(({ context }) => ({ clock: resumeClock(context.clock, now()) })),
      clearPlan: assign({ affected: [], toStop: [], backoffMs: 0 }),

      reportChange: sendParent(({ context }): SupervisorReportEvent => ({
        type: 'supervisor.changed',
        supervisor: context.spec.name,
      })),
      reportGaveUp: sendParent(({ context }): SupervisorReportEvent => ({
        type: 'supervisor.gaveUp',
        supervisor: context.spec.name,
      })),
      reportEnded: sendParent(({ context }): SupervisorReportEvent => ({
        type: 'supervisor.ended',
        supervisor: context.spec.name,
      })),

      replaceFailedActor: enqueueActions(({ context, event, enqueue, self, system }) => {
        if (!('actorId' in event)) return;
        const { actorId: id } = event;
        const failed = (self.getSnapshot().children as Record<string, PluginRef>)[id];
        const child = context.children.find((one) => actorIdOf(one) === id);
        if (failed === undefined || child === undefined) return;
        if (child.kind === 'supervisor') {
          enqueue.stopChild(failed);
          const affected = clearSubtree(enqueue, system, self, child, failed);
          report(enqueue, context, {
            type: 'supervisor.gaveUp',
            context: 'childBroke',
            reason: `The supervisor of the group ${child.id} failed with an internal error: its plugins were stopped.`,
            offender: child.id,
            affected,
          });
        } else if (child.shard > 0) {
          enqueue.stopChild(failed);
          enqueue.spawnChild('shard', { id });
          refillShard(enqueue, system, context.children, id);
        } else {
          const input = replacePlugin(enqueue, failed, effects);
          enqueue.spawnChild('plugin', { id, systemId: id, input });
          reportSpawned(enqueue, id);
        }
      }),
      respawnSubtree: enqueueActions(({ context, event, enqueue }) => {
        if (event.type !== 'subtree.cleared') return;
        const { spec, children, id } = event.subtree;
        spawnSupervisor(enqueue, spec, context.startConcurrency, children);
        enqueue.raise({ type: 'supervisor.changed', supervisor: id });
      }),
    },
  });

  function decideAndApply(scope: ActionScope, next: AfterGroupStop | null): void {
    const { context, event, system } = scope;
    if (!isChildExit(event)) return;
    const inputs = { random: dependencies.random(), now: now(), summaryOf: childSummariesIn(system) };
    applyDecision(scope, event, decideChildExit(context, event, inputs, next));
  }
}

/** Starts a plugin. If the group stop or restart in progress affects it, it starts with its siblings. */
function startMember({ context, enqueue, system }: ActionScope, plugin: string, command: StartCommand): void {
  const child = affectedChildren(context).find(({ id }) => id === plugin);
  // An operator who starts a plugin does not wait for the backoff of its group.
  if (child !== undefined) enqueue.assign({ backoffMs: 0 });
  if (child === undefined || staysRunning(childSummariesIn(system)(child))) {
    sendToPlugin(enqueue, system, plugin, command);
    return;
  }
  const { because, toStop } = context;
  sendToPlugin(enqueue, system, plugin, { type: 'plugin.enqueue', because, resumes: command.resumes });
  sendToPlugin(enqueue, system, plugin, { type: 'plugin.suspend', because });
  enqueue.assign({ toStop: toStop.filter((id) => id !== plugin) });
}

function applyDecision(
  { context, enqueue, system }: ActionScope,
  exit: ChildExitEvent,
  decision: ChildExitDecision,
): void {
  const id = exitedChildId(exit);
  enqueue.assign(decision.change);
  if (decision.plugin !== undefined) sendToPlugin(enqueue, system, id, decision.plugin);
  if (decision.supervisor !== undefined) sendToSupervisor(enqueue, system, id, decision.supervisor);
  if (decision.plan !== undefined) raiseGroupStop(enqueue, decision.plan);
  if (decision.report !== undefined) report(enqueue, context, decision.report);
}

function raiseGroupStop(enqueue: Pick<SupervisorEnqueue, 'raise'>, plan: GroupRestartPlan): void {
  enqueue.raise({ type: 'group.stop', plan });
}

/** The plugin whose activation an event is. */
function activatedBy(event: SupervisorEvent): string | null {
  return 'plugin' in event ? event.plugin : null;
}

interface ActionScope {
  readonly context: SupervisorContext;
  readonly event: SupervisorEvent;
  readonly enqueue: SupervisorEnqueue;
  readonly system: ActorRegistry;
}
